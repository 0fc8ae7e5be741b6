using System.Buffers;
using System.Text;

namespace Athanor.Tokenizers.Normalizers;

/// <summary>Writes text in a Unicode normalization form (UAX #15). Text that is in it already is only looked at.</summary>
/// <param name="Form">The form.</param>
public sealed record UnicodeNormalizer(UnicodeForm Form) : Normalizer
{
    // Characters that start with a byte below are in the form whatever stands around them: up to U+02FF, U+00BF and U+009F.
    private static readonly SearchValues<byte> _beyondNfc = From(0xCC), _beyondNfd = From(0xC3), _beyondCompatible = From(0xC2);
    private readonly SearchValues<byte> _beyond = Form switch
    {
        UnicodeForm.Nfc => _beyondNfc,
        UnicodeForm.Nfd => _beyondNfd,
        _ => _beyondCompatible,
    };

    private bool Composes => Form is UnicodeForm.Nfc or UnicodeForm.Nfkc;

    private bool Compatible => Form is UnicodeForm.Nfkc or UnicodeForm.Nfkd;

    public override bool Leaves(ReadOnlySpan<byte> text) => InForm(text, 0) == text.Length;

    public override void Apply(NormalizedText text)
    {
        ReadOnlySpan<byte> bytes = text.Bytes;
        UnicodeSegment segment = UnicodeSegment.Rent();
        for (int at = 0; at < bytes.Length;)
        {
            int inForm = InForm(bytes, at);
            text.Keep(at, inForm - at);
            at = inForm;
            if (at == bytes.Length)
                break;
            // From a place where nothing reaches back to the next such place whose character may stand.
            bool first = true;
            while (at < bytes.Length)
            {
                int codePoint = Utf8Text.Read(bytes, at, out int length);
                if (codePoint < 0)
                {
                    if (!first)
                        break;
                    text.Append(bytes[at], text.Origin(at));
                    at++;
                    continue;
                }
                bool boundary = StartsAnew(codePoint);
                if (boundary && !first && UnicodeDecompositions.MayStand(codePoint, Form))
                    break;
                if (boundary)
                    segment.Write(text, Composes);
                segment.Add(codePoint, text.Origin(at, length), Compatible);
                at += length;
                first = false;
            }
            segment.Write(text, Composes);
        }
        text.Commit();
        UnicodeSegment.Return(segment);
    }

    /// <summary>Where the part of <paramref name="text"/> from <paramref name="at"/> that is surely in the form ends, at a place where nothing reaches back.</summary>
    private int InForm(ReadOnlySpan<byte> text, int at)
    {
        int last = at, lastClass = 0;
        while (true)
        {
            int skip = text[at..].IndexOfAny(_beyond);
            if (skip < 0)
                return text.Length;
            if (skip > 0)
            {
                at += skip;
                lastClass = 0;
                last = at;
                Utf8Text.ReadBack(text, at, out int length);
                last -= length;
            }
            for (; at < text.Length && text[at] >= 0xC2;)
            {
                int codePoint = Utf8Text.Read(text, at, out int length);
                if (codePoint >= 0x80)
                {
                    int combining = UnicodeDecompositions.CombiningClass(codePoint);
                    if (combining != 0 && combining < lastClass || !UnicodeDecompositions.MayStand(codePoint, Form))
                        return last;
                    if (combining == 0)
                        last = at;
                    lastClass = combining;
                }
                else
                {
                    (last, lastClass) = (at, 0);
                }
                at += length;
            }
            if (at == text.Length)
                return at;
        }
    }

    /// <summary>Whether nothing before the character takes part in its normalization.</summary>
    private bool StartsAnew(int codePoint)
    {
        ReadOnlySpan<int> decomposition = UnicodeDecompositions.Decomposition(codePoint, Compatible);
        int first = decomposition.IsEmpty ? codePoint : decomposition[0];
        return UnicodeDecompositions.CombiningClass(first) == 0 && !(Composes && UnicodeDecompositions.ComposesBackward(first));
    }

    private static SearchValues<byte> From(int first) => SearchValues.Create([.. Enumerable.Range(first, 256 - first).Select(value => (byte)value)]);
}

/// <summary>Characters between two places where normalization starts anew.</summary>
internal sealed class UnicodeSegment
{
    [ThreadStatic]
    private static UnicodeSegment? _idle;

    private (int CodePoint, int Class, ByteRange Origin)[] _characters = new (int, int, ByteRange)[32], _sorted = [];
    private int _count;

    public static UnicodeSegment Rent()
    {
        UnicodeSegment segment = _idle ?? new UnicodeSegment();
        _idle = null;
        segment._count = 0;
        return segment;
    }

    public static void Return(UnicodeSegment segment)
    {
        if (segment._characters.Length <= 1 << 16)
            _idle = segment;
    }

    /// <summary>Adds the decomposition of a character.</summary>
    public void Add(int codePoint, ByteRange origin, bool compatible)
    {
        int syllable = codePoint - UnicodeDecompositions.HangulBase;
        if ((uint)syllable < UnicodeDecompositions.HangulCount)
        {
            const int tails = UnicodeDecompositions.TailCount, perLead = UnicodeDecompositions.VowelCount * tails;
            Push(UnicodeDecompositions.LeadBase + syllable / perLead, origin);
            Push(UnicodeDecompositions.VowelBase + syllable % perLead / tails, origin);
            if (syllable % tails != 0)
                Push(UnicodeDecompositions.TailBase + syllable % tails, origin);
            return;
        }
        ReadOnlySpan<int> decomposition = UnicodeDecompositions.Decomposition(codePoint, compatible);
        if (decomposition.IsEmpty)
            Push(codePoint, origin);
        foreach (int part in decomposition)
            Push(part, origin);
    }

    /// <summary>Orders marks, composes where asked, writes to <paramref name="text"/> and empties the segment.</summary>
    public void Write(NormalizedText text, bool compose)
    {
        if (_count == 0)
            return;
        Order();
        if (compose)
            Compose();
        Span<byte> character = stackalloc byte[4];
        foreach ((int codePoint, _, ByteRange origin) in _characters.AsSpan(0, _count))
            text.Append(character[..new Rune(codePoint).EncodeToUtf8(character)], origin);
        _count = 0;
    }

    private void Push(int codePoint, ByteRange origin)
    {
        if (_count == _characters.Length)
            Array.Resize(ref _characters, 2 * _count);
        _characters[_count++] = (codePoint, UnicodeDecompositions.CombiningClass(codePoint), origin);
    }

    // Marks between two starters are sorted by class, those of equal class kept in order; by counting where they are many.
    private void Order()
    {
        for (int start = 0; start < _count;)
        {
            if (_characters[start].Class == 0)
            {
                start++;
                continue;
            }
            int end = start;
            while (end < _count && _characters[end].Class != 0)
                end++;
            Span<(int CodePoint, int Class, ByteRange Origin)> marks = _characters.AsSpan(start, end - start);
            if (marks.Length <= 16)
                SortFew(marks);
            else
                SortMany(marks);
            start = end;
        }
    }

    private static void SortFew(Span<(int CodePoint, int Class, ByteRange Origin)> marks)
    {
        for (int i = 1; i < marks.Length; i++)
        {
            for (int j = i; j > 0 && marks[j - 1].Class > marks[j].Class; j--)
                (marks[j - 1], marks[j]) = (marks[j], marks[j - 1]);
        }
    }

    private void SortMany(Span<(int CodePoint, int Class, ByteRange Origin)> marks)
    {
        if (_sorted.Length < marks.Length)
            _sorted = new (int, int, ByteRange)[_characters.Length];
        Span<int> places = stackalloc int[257];
        places.Clear();
        foreach ((_, int combining, _) in marks)
            places[combining + 1]++;
        for (int i = 1; i < places.Length; i++)
            places[i] += places[i - 1];
        foreach ((int CodePoint, int Class, ByteRange Origin) mark in marks)
            _sorted[places[mark.Class]++] = mark;
        _sorted.AsSpan(0, marks.Length).CopyTo(marks);
    }

    // A character joins the last starter unless one of the same or a higher class, or another starter, stands between.
    private void Compose()
    {
        int written = 0, starter = -1, lastClass = -1;
        for (int i = 0; i < _count; i++)
        {
            (int codePoint, int combining, ByteRange origin) = _characters[i];
            if (starter >= 0 && lastClass < combining && UnicodeDecompositions.Compose(_characters[starter].CodePoint, codePoint) is >= 0 and int composite)
            {
                ByteRange before = _characters[starter].Origin;
                int from = Math.Min(before.Start, origin.Start);
                _characters[starter] = (composite, 0, new ByteRange(from, Math.Max(before.End, origin.End) - from));
                continue;
            }
            if (combining == 0)
            {
                starter = written;
                lastClass = -1;
            }
            else
            {
                lastClass = combining;
            }
            _characters[written++] = (codePoint, combining, origin);
        }
        _count = written;
    }
}
