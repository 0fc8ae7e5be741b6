using Athanor.Serving.Catalog;
using Athanor.Serving.Chat;
using Athanor.Serving.Http;
using Athanor.Serving.Protocol;
using Athanor.Serving.Requests;
using Microsoft.AspNetCore.Http;

namespace Athanor.Serving.Endpoints;

/// <summary><c>POST /tokenize</c>: the tokens of a text, or of a conversation as the model would get it.</summary>
internal sealed class Tokenize(ServerState server) : JsonEndpoint<TokenizeBody>(server, ApiJson.Api.TokenizeBody)
{
    public const string Path = "/tokenize";

    protected override Task AnswerAsync(HttpContext context, TokenizeBody body, RequestScope scope)
    {
        Server.Unknown.Note(Path, body.Unknown);
        ServedModel model = Server.Find(body.Model);
        if (body.Prompt is null == body.Messages is null)
            throw ApiException.Invalid("Give 'prompt' or 'messages', one of them.", "prompt");
        int[] ids;
        if (body.Prompt is { } text)
        {
            ids = CompletionReader.Encode(model, text, body.AddSpecialTokens ?? true, body.ParseSpecial ?? false);
        }
        else
        {
            ToolSet? tools = ToolReader.Read(new ChatBody { Tools = body.Tools }, model, Server.Options.Limits);
            bool continues = body.ContinueFinalMessage ?? false;
            ids = ChatReader.Encode(model, body.Messages, tools, body.ChatTemplateKwargs, null, body.AddGenerationPrompt ?? !continues, continues, Server.Options.Limits, scope.Token);
        }
        string[]? texts = body.ReturnTokenStrs ?? false ? [.. ids.Select(model.Engine.Tokenizer.GetToken)] : null;
        return JsonBody.WriteAsync(context, new TokenizeAnswer(ids.Length, model.Engine.ContextLength, ids, texts), ApiJson.Api.TokenizeAnswer);
    }
}
