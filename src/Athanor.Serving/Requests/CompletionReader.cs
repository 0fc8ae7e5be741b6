using Athanor.Inference.Generation;
using Athanor.Serving.Catalog;
using Athanor.Serving.Protocol;
using Athanor.Tokenizers;

namespace Athanor.Serving.Requests;

/// <summary>A request for each prompt, and the text of the prompt where it is echoed.</summary>
internal sealed record CompletionTask(GenerationRequest Request, string? Echo);

/// <summary>Makes a completions request ready for an engine.</summary>
internal static class CompletionReader
{
    public static IReadOnlyList<CompletionTask> Read(CompletionBody body, ServedModel model, RequestLimits limits)
    {
        if (!string.IsNullOrEmpty(body.Suffix))
            throw ApiException.Invalid("'suffix' is not supported: these models write on from a prompt and do not fill gaps. Leave it out.", "suffix");
        bool echo = body.Echo ?? false;
        int? most = body.MaxTokens is { } given ? Field.InRange(given, "max_tokens", echo ? 0 : 1, int.MaxValue) : null;
        int? logprobs = body.Logprobs is { } top ? Field.InRange(top, "logprobs", 0, limits.MaxTopLogProbs) : null;
        int choices = Field.InRange(body.N ?? 1, "n", 1, limits.MaxChoices), best = Field.InRange(body.BestOf ?? choices, "best_of", 1, limits.MaxChoices);
        if (best < choices)
            throw ApiException.Invalid($"'best_of' is {best}, less than the {choices} texts that 'n' asks for.", "best_of");
        if (best > choices && (body.Stream ?? false))
            throw ApiException.Invalid("'best_of' cannot be streamed: which text is best is known at the end. Leave 'stream' out.", "best_of");
        AnswerFormat format = FormatReader.Read(body, limits);
        var tasks = new List<CompletionTask>();
        foreach (int[] prompt in Prompts(body, model, limits))
        {
            GenerationRequest request = GenerationReader.Read(body, model, limits, prompt, "prompt", most);
            request = request with
            {
                BestOf = best > choices ? best : 0,
                LogProbs = logprobs,
                PromptLogProbs = echo ? logprobs : null,
                Constraint = AnswerConstraints.For(model, format, tools: null),
            };
            request = BeamReader.Read(request, body, best);
            tasks.Add(new CompletionTask(request, echo ? model.Engine.Tokenizer.Decode(prompt, skipSpecial: !request.ShowSpecial) : null));
        }
        return tasks;
    }

    /// <summary>A text in tokens, with the begin token before it unless that is not wanted.</summary>
    public static int[] Encode(ServedModel model, string text, bool addSpecial, bool parseSpecial)
    {
        Tokenizer tokenizer = model.Engine.Tokenizer;
        int[] ids = tokenizer.Encode(text, (addSpecial ? EncodeOptions.AddSpecial : 0) | (parseSpecial ? EncodeOptions.ParseSpecial : 0));
        return addSpecial && model.Begin is { } begin && (ids.Length == 0 || ids[0] != begin) ? [begin, .. ids] : ids;
    }

    private static List<int[]> Prompts(CompletionBody body, ServedModel model, RequestLimits limits)
    {
        bool special = body.AddSpecialTokens ?? true, parse = body.ParseSpecial ?? false;
        if (body.Prompt is not { } field)
            throw ApiException.Invalid("'prompt' is missing.", "prompt");
        List<int[]> prompts = TextOrTokens.Read(field, "prompt", limits.MaxPrompts, text => Encode(model, text, special, parse), model.Engine.Tokenizer);
        return prompts;
    }
}
