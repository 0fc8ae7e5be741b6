using System.Globalization;
using Athanor.Serving.Answers;
using Athanor.Serving.Catalog;
using Athanor.Serving.Http;
using Athanor.Serving.Protocol;
using Athanor.Serving.Requests;
using Microsoft.AspNetCore.Http;

namespace Athanor.Serving.Endpoints;

/// <summary><c>POST /v1/embeddings</c>.</summary>
internal sealed class Embeddings(ServerState server) : JsonEndpoint<EmbeddingBody>(server, ApiJson.Api.EmbeddingBody)
{
    public const string Path = "/v1/embeddings";

    protected override async Task AnswerAsync(HttpContext context, EmbeddingBody body, RequestScope scope)
    {
        Server.Unknown.Note(Path, body.Unknown);
        ServedModel model = Server.FindFree(body.Model);
        bool base64 = body.EncodingFormat switch
        {
            null or "float" => false,
            "base64" => true,
            _ => throw ApiException.Invalid("'encoding_format' is neither 'float' nor 'base64'.", "encoding_format"),
        };
        if (body.Dimensions is { } dimensions)
            Field.InRange(dimensions, "dimensions", 1, model.Engine.EmbeddingSize);
        if (body.Input is not { } input)
            throw ApiException.Invalid("'input' is missing.", "input");
        List<int[]> texts = TextOrTokens.Read(input, "input", Server.Options.Limits.MaxInputs, text => CompletionReader.Encode(model, text, addSpecial: true, parseSpecial: false), model.Engine.Tokenizer);
        for (int i = 0; i < texts.Count; i++)
        {
            if (texts[i].Length == 0)
                throw ApiException.Invalid($"'input[{i}]' has no token.", "input");
            if (texts[i].Length > model.Engine.ContextLength)
                throw ApiException.Invalid(string.Create(CultureInfo.InvariantCulture, $"'input[{i}]' has {texts[i].Length} tokens; this model's context holds {model.Engine.ContextLength}."), "input", "context_length_exceeded");
        }
        float[][] vectors = await TextVectors.OfAsync(model, texts, body.Dimensions, scope.Token).ConfigureAwait(false);
        int tokens = texts.Sum(text => text.Length);
        Server.Metrics.Of(model.Id).Add(new Inference.Generation.GenerationUsage(tokens, 0, 0));
        var list = new EmbeddingList("list", [.. vectors.Select((vector, i) => new EmbeddingItem("embedding", i, new EmbeddingVector(vector, base64)))], model.Id, new EmbeddingUsage(tokens, tokens));
        await JsonBody.WriteAsync(context, list, ApiJson.Api.EmbeddingList).ConfigureAwait(false);
    }
}
