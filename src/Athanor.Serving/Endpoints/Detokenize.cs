using System.Globalization;
using Athanor.Serving.Catalog;
using Athanor.Serving.Http;
using Athanor.Serving.Protocol;
using Microsoft.AspNetCore.Http;

namespace Athanor.Serving.Endpoints;

/// <summary><c>POST /detokenize</c>: the text of tokens.</summary>
internal sealed class Detokenize(ServerState server) : JsonEndpoint<DetokenizeBody>(server, ApiJson.Api.DetokenizeBody)
{
    public const string Path = "/detokenize";

    protected override Task AnswerAsync(HttpContext context, DetokenizeBody body, RequestScope scope)
    {
        Server.Unknown.Note(Path, body.Unknown);
        ServedModel model = Server.Find(body.Model);
        int[] ids = body.Tokens ?? throw ApiException.Invalid("'tokens' is missing.", "tokens");
        foreach (int id in ids)
        {
            if (!model.Engine.Tokenizer.Contains(id))
                throw ApiException.Invalid(string.Create(CultureInfo.InvariantCulture, $"'tokens': the model has no token {id}."), "tokens");
        }
        string text = model.Engine.Tokenizer.Decode(ids, body.SkipSpecialTokens ?? false);
        return JsonBody.WriteAsync(context, new DetokenizeAnswer(text), ApiJson.Api.DetokenizeAnswer);
    }
}
