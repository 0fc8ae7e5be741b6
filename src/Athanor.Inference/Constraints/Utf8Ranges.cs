namespace Athanor.Inference.Constraints;

/// <summary>A range of byte values.</summary>
internal readonly record struct ByteSpan(byte From, byte To);

/// <summary>
/// Splits ranges of characters into sequences of byte ranges whose products are exactly the UTF-8 forms of the characters
/// (the way of RE2 and of Rust's utf8-ranges).
/// </summary>
internal static class Utf8Ranges
{
    private static readonly int[] s_lastOfLength = [0x7F, 0x7FF, 0xFFFF, CodePointSet.Last];

    public static IEnumerable<ByteSpan[]> Split(CodePointSet set)
    {
        foreach ((int rangeFrom, int rangeTo) in set.Ranges)
        {
            int from = rangeFrom;
            for (int length = 1; length <= 4 && from <= rangeTo; length++)
            {
                int last = Math.Min(rangeTo, s_lastOfLength[length - 1]);
                if (from > last)
                    continue;
                foreach (ByteSpan[] sequence in OfLength(from, last, length))
                    yield return sequence;
                from = last + 1;
            }
        }
    }

    // Cuts until within every position either one value or a whole run of continuation bytes is left.
    private static IEnumerable<ByteSpan[]> OfLength(int from, int to, int length)
    {
        for (int tail = length - 1; tail > 0; tail--)
        {
            int low = (1 << (6 * tail)) - 1;
            if ((from & ~low) == (to & ~low))
                continue;
            if ((from & low) != 0)
                return OfLength(from, from | low, length).Concat(OfLength((from | low) + 1, to, length));
            if ((to & low) != low)
                return OfLength(from, (to & ~low) - 1, length).Concat(OfLength(to & ~low, to, length));
        }
        var sequence = new ByteSpan[length];
        for (int i = 0; i < length; i++)
            sequence[i] = new ByteSpan(Byte(from, i, length), Byte(to, i, length));
        return [sequence];
    }

    private static byte Byte(int character, int index, int length)
    {
        int bits = character >> (6 * (length - 1 - index));
        if (index > 0)
            return (byte)(0x80 | (bits & 0x3F));
        return length switch { 1 => (byte)bits, 2 => (byte)(0xC0 | bits), 3 => (byte)(0xE0 | bits), _ => (byte)(0xF0 | bits) };
    }
}
