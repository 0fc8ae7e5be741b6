using System.ComponentModel.DataAnnotations;
using Athanor.Data.Documents;
using Athanor.Runs.Settings;

namespace Athanor.Data.Steps;

/// <summary>Settings of <c>length</c>: how long documents may be.</summary>
public sealed record LengthSettings : IStepSource, IValidated
{
    /// <summary>Shorter documents are removed, in Unicode code points.</summary>
    [Range(0, int.MaxValue)]
    public int Min { get; init; }

    /// <summary>Longer documents are removed, in Unicode code points.</summary>
    [Range(1, int.MaxValue)]
    public int Max { get; init; } = int.MaxValue;

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed) => () => new LengthStep(this);

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Min <= Max, nameof(Min), $"No document has at least {Min} and at most {Max} characters.", "Write a min that is at most max.");
    }
}

/// <summary>Removes documents that are too short or too long.</summary>
internal sealed class LengthStep(LengthSettings settings) : DocumentStep
{
    public override IReadOnlyList<string> Signals { get; } = ["characters"];

    public override Removal? Apply(ref Document document, Span<float> signals)
    {
        int characters = document.Text.Length;
        foreach (char unit in document.Text)
            characters -= char.IsLowSurrogate(unit) ? 1 : 0;
        signals[0] = characters;
        return characters < settings.Min ? new Removal("too_short", characters, settings.Min)
            : characters > settings.Max ? new Removal("too_long", characters, settings.Max)
            : null;
    }
}
