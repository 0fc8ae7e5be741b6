namespace Athanor.Tokenizers;

/// <summary>Turns ranges of UTF-8 bytes into ranges of the UTF-16 units of the same text; a part of a character counts as the whole.</summary>
internal static class Utf16Ranges
{
    /// <summary>Changes the ranges of the tokens from <paramref name="first"/> on.</summary>
    public static void Convert(ReadOnlySpan<byte> text, TokenBuffer output, int first)
    {
        var place = new Place();
        for (int i = first; i < output.Count; i++)
        {
            ByteRange range = output.Ranges[i];
            int start = range.Start, end = range.End;
            while (start > 0 && start < text.Length && (text[start] & 0xC0) == 0x80)
                start--;
            while (end < text.Length && range.Length > 0 && (text[end] & 0xC0) == 0x80)
                end++;
            int from = place.MoveTo(text, start), to = range.Length == 0 ? from : place.MoveTo(text, end);
            output.SetRange(i, new ByteRange(from, to - from));
        }
    }

    // Ranges come nearly in order, so the place moves by short steps.
    private struct Place
    {
        private int _at, _units;

        public int MoveTo(ReadOnlySpan<byte> text, int target)
        {
            for (; _at < target; _at++)
                _units += Units(text[_at]);
            for (; _at > target; _at--)
                _units -= Units(text[_at - 1]);
            return _units;
        }

        private static int Units(byte value) => (value & 0xC0) == 0x80 ? 0 : value >= 0xF0 ? 2 : 1;
    }
}
