using System.Globalization;
using System.Text.Json;
using Athanor.Inference.Generation;
using Athanor.Inference.Sampling;
using Athanor.Serving.Catalog;
using Athanor.Serving.Protocol;
using Athanor.Tokenizers;

namespace Athanor.Serving.Requests;

/// <summary>Turns the fields that all requests share into what an engine understands. A request's value goes before the model's default, and that before OpenAI's.</summary>
internal static class GenerationReader
{
    /// <summary>The request for a prompt; log-probabilities and constraints are the caller's to add.</summary>
    public static GenerationRequest Read(GenerationBody body, ServedModel model, RequestLimits limits, int[] prompt, string promptField, int? maxTokens)
    {
        int room = model.Engine.ContextLength - prompt.Length;
        if (prompt.Length == 0)
            throw ApiException.Invalid("The prompt has no token.", promptField);
        // A prompt that fills the context can still be scored.
        if (room < (maxTokens == 0 ? 0 : 1))
            throw ApiException.Invalid(string.Create(CultureInfo.InvariantCulture, $"This model's context holds {model.Engine.ContextLength} tokens, and the prompt alone has {prompt.Length}. Shorten it."), promptField, "context_length_exceeded");
        if (prompt.Length > limits.MaxPromptTokens)
            throw ApiException.Invalid(string.Create(CultureInfo.InvariantCulture, $"The prompt has {prompt.Length} tokens; this server takes {limits.MaxPromptTokens}."), promptField, "prompt_too_long");
        int most = Math.Min(room, maxTokens ?? model.Defaults.MaxTokens ?? room);
        return new GenerationRequest
        {
            Prompt = prompt,
            Sampling = Sampling(body, model, limits),
            MaxTokens = most,
            MinTokens = Math.Min(most, Field.InRange(body.MinTokens ?? 0, "min_tokens", 0, int.MaxValue)),
            Stop = Stops(body, limits),
            StopTokens = StopTokens(body, model.Engine.Tokenizer, limits),
            IncludeStop = body.IncludeStopStrInOutput ?? false,
            IgnoreEnd = body.IgnoreEos ?? false,
            ShowSpecial = !(body.SkipSpecialTokens ?? true),
            Candidates = Field.InRange(body.N ?? 1, "n", 1, limits.MaxChoices),
            Adapter = model.Adapter,
            CacheSalt = body.CacheSalt,
            Priority = body.Priority ?? 0,
        };
    }

    private static SamplingOptions Sampling(GenerationBody body, ServedModel model, RequestLimits limits)
    {
        GenerationDefaults defaults = model.Defaults;
        double topP = Field.InRange(body.TopP ?? defaults.TopP ?? 1, "top_p", 0, 1);
        double typical = Field.InRange(body.TypicalP ?? defaults.TypicalP ?? 1, "typical_p", 0, 1);
        return new SamplingOptions
        {
            Temperature = Field.InRange(body.Temperature ?? defaults.Temperature ?? 1, "temperature", 0, 100),
            // Some clients write -1 for all tokens, and 0 for only the likeliest.
            TopK = Math.Max(0, Field.InRange(body.TopK ?? defaults.TopK ?? 0, "top_k", -1, int.MaxValue)),
            TopP = topP == 0 ? double.Epsilon : topP,
            MinP = Field.InRange(body.MinP ?? defaults.MinP ?? 0, "min_p", 0, 1),
            TypicalP = typical == 0 ? double.Epsilon : typical,
            RepetitionPenalty = Field.InRange(body.RepetitionPenalty ?? defaults.RepetitionPenalty ?? 1, "repetition_penalty", 0.01, 100),
            PresencePenalty = Field.InRange(body.PresencePenalty ?? 0, "presence_penalty", -2, 2),
            FrequencyPenalty = Field.InRange(body.FrequencyPenalty ?? 0, "frequency_penalty", -2, 2),
            LogitBias = Biases(body.LogitBias, model.Engine.Tokenizer, limits),
            Seed = body.Seed,
        };
    }

    private static Dictionary<int, float>? Biases(JsonElement? field, Tokenizer tokenizer, RequestLimits limits)
    {
        if (field is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Object)
            throw ApiException.Invalid("'logit_bias' has to be an object of token ids and numbers.", "logit_bias");
        var biases = new Dictionary<int, float>();
        foreach (JsonProperty pair in value.EnumerateObject())
        {
            string name = $"logit_bias.{Field.Shown(pair.Name)}";
            if (!int.TryParse(pair.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || !tokenizer.Contains(id))
                throw ApiException.Invalid($"'{name}': the model has no token of this id.", name);
            if (pair.Value.ValueKind != JsonValueKind.Number)
                throw ApiException.Invalid($"'{name}' has to be a number from -100 to 100.", name);
            biases[id] = (float)Field.InRange(pair.Value.GetDouble(), name, -100, 100);
            if (biases.Count > limits.MaxBiases)
                throw ApiException.Invalid($"'logit_bias' has more than {limits.MaxBiases} tokens.", "logit_bias");
        }
        return biases.Count == 0 ? null : biases;
    }

    private static string[] Stops(GenerationBody body, RequestLimits limits)
    {
        if (body.Stop is not { } value)
            return [];
        string[] stops = Field.Texts(value, "stop");
        if (stops.Length > limits.MaxStops)
            throw ApiException.Invalid($"'stop' has {stops.Length} texts; at most {limits.MaxStops} are taken.", "stop");
        foreach (string stop in stops)
        {
            if (stop.Length == 0)
                throw ApiException.Invalid("A text of 'stop' is empty.", "stop");
            if (stop.Length > limits.MaxStopLength)
                throw ApiException.Invalid($"A text of 'stop' has {stop.Length} characters; at most {limits.MaxStopLength} are taken.", "stop");
        }
        return [.. stops.Distinct(StringComparer.Ordinal)];
    }

    private static int[] StopTokens(GenerationBody body, Tokenizer tokenizer, RequestLimits limits)
    {
        int[] ids = body.StopTokenIds ?? [];
        if (ids.Length > limits.MaxStops)
            throw ApiException.Invalid($"'stop_token_ids' has {ids.Length} tokens; at most {limits.MaxStops} are taken.", "stop_token_ids");
        foreach (int id in ids)
        {
            if (!tokenizer.Contains(id))
                throw ApiException.Invalid(string.Create(CultureInfo.InvariantCulture, $"'stop_token_ids': the model has no token {id}."), "stop_token_ids");
        }
        return ids;
    }
}
