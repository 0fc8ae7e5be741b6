namespace Athanor.Inference.Constraints;

/// <summary>Where a rule goes on when the rule that it called has ended.</summary>
internal readonly record struct FrameEdge(int State, Frame Parent);

/// <summary>A rule under way, with how often it must and may still be passed (-1 for no bound), and all the places that wait for it. Immutable; equal frames are mostly one object.</summary>
internal sealed class Frame(long id, int rule, int needed, int remaining, FrameEdge[] edges)
{
    /// <summary>Below the first rule: what ends here ends the text.</summary>
    public static readonly Frame Text = new(0, -1, 1, 1, []);

    /// <summary>Some frame, whichever: what ends here depends on it.</summary>
    public static readonly Frame Unknown = new(1, -1, 1, 1, []);

    public long Id { get; } = id;

    public int Rule { get; } = rule;

    public int Needed { get; } = needed;

    public int Remaining { get; } = remaining;

    public FrameEdge[] Edges { get; } = edges;

    public bool Counts => Remaining != 1;

    /// <summary>The frame as seen by a single token, or null where it has not been asked for; see <see cref="PositionMasks"/>.</summary>
    public FrameView? View { get; set; }
}

/// <summary>A frame with what a token cannot reach made unknown, and the one frame that stands there.</summary>
/// <param name="Local">The frame to look from.</param>
/// <param name="Below">The frame that is unknown in it; null where there are several, or where counts are nested too deep.</param>
/// <param name="Depth">How many counts are nested.</param>
internal sealed record FrameView(Frame Local, Frame? Below, int Depth);

/// <summary>A state within a frame.</summary>
internal readonly record struct Item(int State, Frame Frame);

/// <summary>A place in the text: all readings of what was written. Immutable but for what is remembered about it.</summary>
internal sealed class Position(Item[] kernel, Item[] active, bool mayEnd, bool escapes, int classes)
{
    /// <summary>The states that the last byte led to.</summary>
    public Item[] Kernel { get; } = kernel;

    /// <summary>The states that wait for a byte.</summary>
    public Item[] Active { get; } = active;

    /// <summary>Whether the text may end here.</summary>
    public bool MayEnd { get; } = mayEnd;

    /// <summary>Whether an unknown frame may have ended here.</summary>
    public bool Escapes { get; } = escapes;

    /// <summary>Whether nothing was read.</summary>
    public bool IsDead => Kernel.Length == 0;

    /// <summary>Whether so many readings are followed that the next bytes may have to be given up: masks are then computed from the position as a whole.</summary>
    public bool IsCrowded { get; init; }

    /// <summary>The position after a byte of each class; null where it has not been asked for.</summary>
    public Position?[] Next { get; } = new Position?[classes];

    /// <summary>The tokens that may come next; null where it is not remembered.</summary>
    public TokenSet? Mask { get; set; }

    /// <summary>What a position with unknown frames tells of tokens.</summary>
    public LocalMask? Local { get; set; }

    /// <summary>Its parts by frame, each with where it goes on when what it knows has ended.</summary>
    public PositionPart[]? Parts { get; set; }

    /// <summary>How often its mask was asked for.</summary>
    public int Asked { get; set; }
}

/// <summary>A part of a position: what is known of it, and the position once all that has ended (null for none).</summary>
internal sealed record PositionPart(Position Local, Position? After);
