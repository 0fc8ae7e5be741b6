using System.Globalization;
using Microsoft.Extensions.AI;

namespace Athanor.Cli.Chat;

/// <summary>What a conversation cost.</summary>
internal sealed class ChatStatistics
{
    private int _answers;
    private long _prompt, _cached, _written;
    private TimeSpan _all, _waited;

    public void Add(UsageDetails? usage, TimeSpan? first, TimeSpan took)
    {
        _answers++;
        _all += took;
        _waited += first ?? took;
        _prompt += usage?.InputTokenCount ?? 0;
        _cached += usage?.CachedInputTokenCount ?? 0;
        _written += usage?.OutputTokenCount ?? 0;
    }

    public override string ToString()
    {
        if (_answers == 0)
            return "nothing was answered yet";
        double writing = Math.Max(1e-9, (_all - _waited).TotalSeconds);
        return string.Create(CultureInfo.InvariantCulture, $"{_answers} {(_answers == 1 ? "answer" : "answers")}, {_prompt} prompt tokens ({_cached} of them cached), {_written} written in {_all.TotalSeconds:0.0} s: {_waited.TotalSeconds / _answers:0.00} s to the first, then {Math.Max(0, _written - _answers) / writing:0.0} a second");
    }
}
