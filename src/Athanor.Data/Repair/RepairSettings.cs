using System.ComponentModel.DataAnnotations;
using Athanor.Data.Steps;

namespace Athanor.Data.Repair;

/// <summary>Settings of <c>repair</c>: puts right what encodings, copying and typesetting did to texts. Removes no document.</summary>
public sealed record RepairSettings : IStepSource
{
    /// <summary>Undo UTF-8 that was read as Windows-1252 or Latin-1, up to three times over: "cafÃ©" becomes "café".</summary>
    public bool Mojibake { get; init; } = true;

    /// <summary>Delete control characters other than tab and line feed, and marks of writing direction; a lone surrogate becomes U+FFFD.</summary>
    public bool ControlCharacters { get; init; } = true;

    /// <summary>Make every line end a line feed: CR LF, CR, U+0085, U+2028, U+2029.</summary>
    public bool LineEnds { get; init; } = true;

    /// <summary>Delete zero-width spaces, word joiners, byte-order marks and soft hyphens. Joiners that scripts and emoji need stay.</summary>
    public bool ZeroWidth { get; init; } = true;

    /// <summary>Compose characters (Unicode's form NFC).</summary>
    public bool Nfc { get; init; } = true;

    /// <summary>Make typographic quotation marks straight ones.</summary>
    public bool StraightQuotes { get; init; }

    /// <summary>Make every kind of blank, also the one that does not break, a plain one.</summary>
    public bool PlainSpaces { get; init; }

    /// <summary>Delete white space at the ends of lines.</summary>
    public bool TrailingSpace { get; init; }

    /// <summary>Line feeds that may follow each other; left out, any number.</summary>
    [Range(1, 100)]
    public int? MaxLineFeeds { get; init; }

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed) => () => new RepairStep(this);
}
