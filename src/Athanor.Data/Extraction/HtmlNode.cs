namespace Athanor.Data.Extraction;

/// <summary>What stands out about a node.</summary>
[Flags]
internal enum NodeFlags : byte
{
    None = 0,

    /// <summary>Not shown.</summary>
    Hidden = 1,

    /// <summary>Its end tag came while blocks inside it were open; it ends with them.</summary>
    Ended = 2,

    /// <summary>Inside a link, or a link.</summary>
    InLink = 4,

    /// <summary>Left out with all that it holds.</summary>
    Dropped = 8,

    /// <summary>Left out for its links.</summary>
    LinkList = 16,

    /// <summary>Says something about the page: who wrote it, under which licence, when.</summary>
    Notable = 32,
}

/// <summary>
/// An element or a text of a page. Nodes lie in an array in document order: those inside a node follow it up to <see cref="End"/>, so that going through a page needs no stack.
/// </summary>
internal struct HtmlNode
{
    /// <summary>The element, or <see cref="HtmlTag.Text"/>.</summary>
    public HtmlTag Tag;

    /// <summary>What stands out.</summary>
    public NodeFlags Flags;

    /// <summary>What its class names say; of a text 0.</summary>
    public Mark Marks;

    /// <summary>The element around it; of the first node -1.</summary>
    public int Parent;

    /// <summary>Behind the last node inside it.</summary>
    public int End;

    /// <summary>Place in the page: of a text its characters, of an element its attributes.</summary>
    public Extent Source;

    /// <summary>Characters of the text right inside it (blocks: with that of formatting inside it), white space folded.</summary>
    public int Own;

    /// <summary>Of these, how many are in links.</summary>
    public int OwnLinked;
}
