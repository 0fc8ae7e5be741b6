using System.Globalization;
using Athanor.Inference.Generation;
using Athanor.Serving.Protocol;

namespace Athanor.Serving.Requests;

/// <summary>Reads vLLM's <c>use_beam_search</c> and <c>length_penalty</c>. The beams are as many as <c>best_of</c> says, or else <c>n</c>.</summary>
internal static class BeamReader
{
    private const string Name = "use_beam_search";

    public static GenerationRequest Read(GenerationRequest request, GenerationBody body, int beams)
    {
        if (!(body.UseBeamSearch ?? false))
            return request;
        if (body.Stream ?? false)
            throw ApiException.Invalid($"'{Name}' cannot be streamed: which texts are likeliest is known at the end. Leave 'stream' out.", Name);
        if (body.Temperature is > 0)
            throw ApiException.Invalid(string.Create(CultureInfo.InvariantCulture, $"'temperature' is {body.Temperature}, but '{Name}' draws nothing. Leave it out, or give 0."), "temperature");
        if (body.LengthPenalty is not (null or 1))
            throw ApiException.Invalid(string.Create(CultureInfo.InvariantCulture, $"'length_penalty' is {body.LengthPenalty}; texts are ranked by the mean log-probability of their tokens, which is 1."), "length_penalty");
        if (request.PromptLogProbs is not null)
            throw ApiException.Invalid($"'{Name}' scores no prompt: leave 'echo' or 'logprobs' out.", "echo");
        return request with { Beams = beams, BestOf = 0, Sampling = request.Sampling with { Temperature = 0 } };
    }
}
