using System.Text;
using Athanor.Inference.Generation;

namespace Athanor.Serving.Answers;

/// <summary>A choice put together from its parts.</summary>
internal sealed class WholeChoice
{
    private readonly StringBuilder _text = new();
    private readonly List<Call> _calls = [];

    /// <summary>The text.</summary>
    public string Text => _text.ToString();

    /// <summary>The tool calls.</summary>
    public IReadOnlyList<Call> Calls => _calls;

    /// <summary>The tokens, where log-probabilities were asked for.</summary>
    public List<ScoredToken> LogProbs { get; } = [];

    /// <summary>Why it ended.</summary>
    public string Finish { get; private set; } = "stop";

    /// <summary>Takes the next part.</summary>
    public void Add(in AnswerPart part)
    {
        _text.Append(part.Text);
        LogProbs.AddRange(part.LogProbs);
        Finish = part.Finish ?? Finish;
        if (part.Call is not { } call)
            return;
        if (call.Id is not null)
            _calls.Add(new Call(call.Id, call.Name!, new StringBuilder()));
        _calls[call.Index].Arguments.Append(call.Arguments);
    }

    /// <summary>Puts all choices together.</summary>
    public static async Task<WholeChoice[]> CollectAsync(IAsyncEnumerable<AnswerPart> parts, int choices)
    {
        var whole = new WholeChoice[choices];
        for (int i = 0; i < choices; i++)
            whole[i] = new WholeChoice();
        await foreach (AnswerPart part in parts.ConfigureAwait(false))
            whole[part.Choice].Add(part);
        return whole;
    }

    /// <summary>A call with its arguments as the model wrote them.</summary>
    public sealed record Call(string Id, string Name, StringBuilder Arguments);
}
