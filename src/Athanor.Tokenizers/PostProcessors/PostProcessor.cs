namespace Athanor.Tokenizers.PostProcessors;

/// <summary>A step that puts special tokens around the ids of a text: one record per kind, its settings as in <c>tokenizer.json</c>.</summary>
public abstract record PostProcessor
{
    /// <summary>Puts its tokens around one text or two, where <see cref="PostProcessing.AddSpecial"/> asks for them, and trims ranges.</summary>
    internal abstract void Apply(ref PostProcessing texts);

    /// <summary>The number of tokens that it puts around one text, or around a pair.</summary>
    public abstract int AddedCount(bool pair);
}

/// <summary>The encoded texts that post-processors work on: the last tokens of a buffer.</summary>
internal ref struct PostProcessing(
    TokenBuffer buffer, TokenTable tokens, bool[] added, ReadOnlySpan<byte> firstText, ReadOnlySpan<byte> secondText, int start, int second, bool addSpecial)
{
    private readonly ReadOnlySpan<byte> _firstText = firstText, _secondText = secondText;

    /// <summary>Whether special tokens are wanted.</summary>
    public readonly bool AddSpecial => addSpecial;

    /// <summary>The first token of the first text.</summary>
    public int First { get; private set; } = start;

    /// <summary>The first token behind the first text.</summary>
    public int FirstEnd { get; private set; } = second < 0 ? buffer.Count : second;

    /// <summary>The first token of the second text; -1 without one.</summary>
    public int Second { get; private set; } = second;

    /// <summary>The first token behind the second text.</summary>
    public int SecondEnd { get; private set; } = buffer.Count;

    public readonly bool IsPair => Second >= 0;

    /// <summary>Lays the texts and special tokens out anew.</summary>
    public void Arrange(ReadOnlySpan<TemplatePiece> template)
    {
        int at = First;
        int sequences = 0;
        foreach (TemplatePiece piece in template)
            sequences += piece.Sequence == TemplateSequence.None ? 0 : 1;
        if (!IsPair && sequences == 1)
        {
            // One text: its tokens are moved once for each token before it, which are few.
            bool behind = false;
            foreach (TemplatePiece piece in template)
            {
                if (piece.Sequence != TemplateSequence.None)
                {
                    behind = true;
                    continue;
                }
                foreach (int id in piece.Ids)
                {
                    if (behind)
                        buffer.Add(id, 0, 0);
                    else
                        buffer.Insert(at++, id, default);
                }
            }
            FirstEnd = SecondEnd = at + (FirstEnd - First);
            First = at;
            return;
        }
        int[] ids = buffer.Ids[First..].ToArray();
        ByteRange[] ranges = buffer.WithRanges ? buffer.Ranges[First..].ToArray() : [];
        int start = First, firstLength = FirstEnd - First, secondStart = Second - First, secondLength = SecondEnd - Second;
        buffer.Truncate(start);
        foreach (TemplatePiece piece in template)
        {
            if (piece.Sequence == TemplateSequence.None)
            {
                foreach (int id in piece.Ids)
                    buffer.Add(id, 0, 0);
                continue;
            }
            bool first = piece.Sequence == TemplateSequence.A;
            int from = first ? 0 : secondStart, count = first ? firstLength : secondLength;
            if (first)
                (First, FirstEnd) = (buffer.Count, buffer.Count + count);
            else
                (Second, SecondEnd) = (buffer.Count, buffer.Count + count);
            for (int i = from; i < from + count; i++)
                buffer.Add(ids[i], ranges.Length == 0 ? 0 : ranges[i].Start, ranges.Length == 0 ? 0 : ranges[i].Length);
        }
    }

    /// <summary>Takes the spaces at the ends of tokens out of their ranges.</summary>
    public readonly void TrimSpaces(bool addPrefixSpace)
    {
        if (!buffer.WithRanges)
            return;
        Trim(First, FirstEnd, _firstText, addPrefixSpace);
        if (IsPair)
            Trim(Second, SecondEnd, _secondText, addPrefixSpace);
    }

    private readonly void Trim(int from, int to, ReadOnlySpan<byte> text, bool addPrefixSpace)
    {
        for (int i = from; i < to; i++)
        {
            ByteRange range = buffer.Ranges[i];
            int id = buffer.Ids[i];
            // An added token stands in the text with the white space that its flags take along.
            TokenTable.CountSpaces(added[id] ? text.Slice(range.Start, range.Length) : tokens[id], out int leading, out int trailing);
            if (leading + trailing == 0)
                continue;
            int start = range.Start, end = range.End;
            // A single space at the start was put there by the pre-tokenizer, so it is not the text's to trim.
            if (leading == 1 && addPrefixSpace && (i == from || start == 0))
                leading = 0;
            for (; leading > 0 && start < end; leading--, start += Math.Min(end - start, LengthAt(text, start)))
            {
            }
            for (; trailing > 0 && end > start; trailing--, end = Math.Max(start, end - LengthBefore(text, end)))
            {
            }
            buffer.SetRange(i, new ByteRange(start, end - start));
        }
    }

    private static int LengthAt(ReadOnlySpan<byte> text, int at)
    {
        Utf8Text.Read(text, at, out int length);
        return length;
    }

    private static int LengthBefore(ReadOnlySpan<byte> text, int end)
    {
        Utf8Text.ReadBack(text, end, out int length);
        return length;
    }
}
