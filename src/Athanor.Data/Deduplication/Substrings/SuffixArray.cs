using Athanor.Data.Deduplication.Sorting;

namespace Athanor.Data.Deduplication.Substrings;

/// <summary>
/// The suffix array of a text by induced sorting (Nong, Zhang, Chan, "Two efficient algorithms for linear time suffix array construction", 2011): linear time, the array
/// itself and a bit a character of memory; the smaller problem of each level lives in the array's own upper half.
/// </summary>
internal static unsafe class SuffixArray
{
    /// <summary>Bytes of memory for each byte of text.</summary>
    public const double BytesPerByte = 4.4;

    /// <summary>Fills the array with the places of all suffixes in their order; a suffix that is a prefix of another comes first.</summary>
    /// <param name="text">Bytes.</param>
    /// <param name="length">At most 2^31 − 16.</param>
    /// <param name="suffixes">Takes length + 1 numbers; the first is the empty suffix.</param>
    public static void Build(byte* text, int length, int* suffixes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, int.MaxValue - 16);
        if (length == 0)
        {
            suffixes[0] = 0;
            return;
        }
        Sort(new Bytes(text, length), suffixes, length + 1, 257);
    }

    /// <summary>The same for managed memory.</summary>
    public static void Build(ReadOnlySpan<byte> text, Span<int> suffixes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(suffixes.Length, text.Length + 1, nameof(suffixes));
        fixed (byte* bytes = text)
        fixed (int* places = suffixes)
            Build(bytes, text.Length, places);
    }

    private interface ICharacters
    {
        int this[int at] { get; }
    }

    /// <summary>Bytes plus one, and a zero behind them that is less than any.</summary>
    private readonly struct Bytes(byte* text, int length) : ICharacters
    {
        public int this[int at] => at == length ? 0 : text[at] + 1;
    }

    private readonly struct Names(int* names) : ICharacters
    {
        public int this[int at] => names[at];
    }

    private static void Sort<T>(T text, int* sorted, int n, int alphabet) where T : struct, ICharacters
    {
        if (n == 1)
        {
            sorted[0] = 0;
            return;
        }
        using var types = new NativeArray<ulong>(n / 64 + 1);
        ulong* small = types.Pointer;
        for (int i = 0; i <= n / 64; i++)
            small[i] = 0;
        // Small: less than the suffix behind it. The last one is small by definition, the one before it large.
        Set(small, n - 1);
        for (int i = n - 3, next = text[n - 2]; i >= 0; i--)
        {
            int character = text[i];
            if (character < next || (character == next && Is(small, i + 1)))
                Set(small, i);
            next = character;
        }
        int reduced;
        using (var buckets = new NativeArray<int>(alphabet))
        {
            Ends(text, n, buckets.Pointer, alphabet);
            for (int i = 0; i < n; i++)
                sorted[i] = -1;
            for (int i = 1; i < n; i++)
            {
                if (IsLeftmost(small, i))
                    sorted[--buckets.Pointer[text[i]]] = i;
            }
            Induce(text, small, sorted, n, buckets.Pointer, alphabet);
        }
        reduced = 0;
        for (int i = 0; i < n; i++)
        {
            if (IsLeftmost(small, sorted[i]))
                sorted[reduced++] = sorted[i];
        }
        int names = Name(text, small, sorted, n, reduced);
        int* smaller = sorted + n - reduced;
        for (int i = n - 1, to = n - 1; i >= reduced; i--)
        {
            if (sorted[i] >= 0)
                sorted[to--] = sorted[i];
        }
        if (names < reduced)
            Sort(new Names(smaller), sorted, reduced, names);
        else
        {
            for (int i = 0; i < reduced; i++)
                sorted[smaller[i]] = i;
        }
        for (int i = 1, to = 0; i < n; i++)
        {
            if (IsLeftmost(small, i))
                smaller[to++] = i;
        }
        for (int i = 0; i < reduced; i++)
            sorted[i] = smaller[sorted[i]];
        for (int i = reduced; i < n; i++)
            sorted[i] = -1;
        using var last = new NativeArray<int>(alphabet);
        Ends(text, n, last.Pointer, alphabet);
        for (int i = reduced - 1; i >= 0; i--)
        {
            int suffix = sorted[i];
            sorted[i] = -1;
            sorted[--last.Pointer[text[suffix]]] = suffix;
        }
        Induce(text, small, sorted, n, last.Pointer, alphabet);
    }

    /// <summary>Numbers the leftmost-small substrings in their order, equal ones alike, at half their places behind them; returns how many differ.</summary>
    private static int Name<T>(T text, ulong* small, int* sorted, int n, int reduced) where T : struct, ICharacters
    {
        for (int i = reduced; i < n; i++)
            sorted[i] = -1;
        int names = 0, previous = -1;
        for (int i = 0; i < reduced; i++)
        {
            int place = sorted[i];
            if (previous < 0 || !SameSubstring(text, small, place, previous, n))
            {
                names++;
                previous = place;
            }
            sorted[reduced + place / 2] = names - 1;
        }
        return names;
    }

    private static bool SameSubstring<T>(T text, ulong* small, int a, int b, int n) where T : struct, ICharacters
    {
        for (int d = 0; ; d++)
        {
            if (a + d >= n || b + d >= n || text[a + d] != text[b + d] || Is(small, a + d) != Is(small, b + d))
                return false;
            if (d > 0 && (IsLeftmost(small, a + d) || IsLeftmost(small, b + d)))
                return IsLeftmost(small, a + d) && IsLeftmost(small, b + d);
        }
    }

    private static void Induce<T>(T text, ulong* small, int* sorted, int n, int* buckets, int alphabet) where T : struct, ICharacters
    {
        Starts(text, n, buckets, alphabet);
        for (int i = 0; i < n; i++)
        {
            int before = sorted[i] - 1;
            if (before >= 0 && !Is(small, before))
                sorted[buckets[text[before]]++] = before;
        }
        Ends(text, n, buckets, alphabet);
        for (int i = n - 1; i >= 0; i--)
        {
            int before = sorted[i] - 1;
            if (before >= 0 && Is(small, before))
                sorted[--buckets[text[before]]] = before;
        }
    }

    private static void Ends<T>(T text, int n, int* buckets, int alphabet) where T : struct, ICharacters
    {
        Count(text, n, buckets, alphabet);
        int sum = 0;
        for (int i = 0; i < alphabet; i++)
            buckets[i] = sum += buckets[i];
    }

    private static void Starts<T>(T text, int n, int* buckets, int alphabet) where T : struct, ICharacters
    {
        Count(text, n, buckets, alphabet);
        int sum = 0;
        for (int i = 0; i < alphabet; i++)
            (buckets[i], sum) = (sum, sum + buckets[i]);
    }

    private static void Count<T>(T text, int n, int* buckets, int alphabet) where T : struct, ICharacters
    {
        new Span<int>(buckets, alphabet).Clear();
        for (int i = 0; i < n; i++)
            buckets[text[i]]++;
    }

    private static bool Is(ulong* bits, int at) => (bits[at >> 6] >> (at & 63) & 1) != 0;

    private static bool IsLeftmost(ulong* small, int at) => at > 0 && Is(small, at) && !Is(small, at - 1);

    private static void Set(ulong* bits, int at) => bits[at >> 6] |= 1UL << (at & 63);
}
