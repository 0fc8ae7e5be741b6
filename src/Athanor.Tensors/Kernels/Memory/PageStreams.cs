using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Athanor.Tensors.Kernels;

/// <summary>Fetches what is read next, from first to last, as eight streams of a page each: half as fast again as one stream.</summary>
/// <remarks>
/// The machine's own fetching ahead starts anew in every page of 4 KB, and keeps many pages going. So for every eight lines read one line each of the eight pages that come
/// next is fetched: of the nearest in its last eighth, of the farthest in its first. Streams that begin and end at different times are a little faster than windows of eight
/// pages, and every line is asked for once, one to eight pages ahead, by its address alone: nothing is kept in between.
/// </remarks>
internal static unsafe class PageStreams
{
    public const int Streams = 8, Line = 64, Page = 4096;

    /// <summary>Bytes read for each <see cref="Ask(void*)"/>: as many lines as there are streams.</summary>
    public const int Step = Streams * Line;

    /// <summary>From a line of one stream to that of the next.</summary>
    public const int Apart = Page - Step;

    /// <summary>A place in a page, shifted, is that in an eighth of a page; <see cref="Nearest"/> brings it to the last eighth of the next page.</summary>
    public const int Shift = 3, Nearest = 2 * Page - Step;

    /// <summary>The line of the nearest stream that belongs to an address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* LineAt(void* at) => (byte*)((nint)at & -Page) + (((nint)at & (Page - Step)) >> Shift) + Nearest;

    /// <summary>Fetches while so many bytes are read one after the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Ask(byte* at, int bytes)
    {
        byte* end = at + bytes;
        for (at = (byte*)(((nint)at + (Step - 1)) & -Step); at < end; at += Step)
            Ask(at);
    }

    /// <summary>Fetches a line of each stream. Called once for every <see cref="Step"/> bytes, with any address among them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Ask(void* at)
    {
        if (!Sse.IsSupported)
            return;
        byte* line = LineAt(at);
        Sse.Prefetch1(line);
        Sse.Prefetch1(line + Apart);
        Sse.Prefetch1(line + 2 * Apart);
        Sse.Prefetch1(line + 3 * Apart);
        Sse.Prefetch1(line + 4 * Apart);
        Sse.Prefetch1(line + 5 * Apart);
        Sse.Prefetch1(line + 6 * Apart);
        Sse.Prefetch1(line + 7 * Apart);
    }
}
