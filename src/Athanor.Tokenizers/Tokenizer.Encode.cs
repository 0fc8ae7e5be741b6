using System.Text;
using Athanor.Tokenizers.Normalizers;
using Athanor.Tokenizers.PostProcessors;

namespace Athanor.Tokenizers;

public sealed partial class Tokenizer
{
    /// <summary>Appends the tokens of UTF-8 text; ranges are bytes of it. Allocates nothing once the buffer has grown.</summary>
    public void Encode(ReadOnlySpan<byte> text, TokenBuffer output, EncodeOptions options = EncodeOptions.None)
    {
        ArgumentNullException.ThrowIfNull(output);
        int first = output.Count;
        EncodeText(text, output, options);
        PostProcess(text, default, output, first, second: -1, options);
    }

    /// <summary>
    /// Appends the tokens of a text that is data in part, such as a rendered conversation: special tokens written in it become their ids, as with
    /// <see cref="EncodeOptions.ParseSpecial"/>, but not where one of the cuts lies within them.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="cuts">Offsets in bytes, ascending.</param>
    /// <param name="output">Where the tokens go.</param>
    public void Encode(ReadOnlySpan<byte> text, ReadOnlySpan<int> cuts, TokenBuffer output)
    {
        ArgumentNullException.ThrowIfNull(output);
        int first = output.Count;
        EncodeText(text, output, EncodeOptions.ParseSpecial, cuts);
        PostProcess(text, default, output, first, second: -1, EncodeOptions.ParseSpecial);
    }

    /// <summary>Appends the tokens of two texts that belong together; ranges are bytes of the one or the other.</summary>
    public void EncodePair(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, TokenBuffer output, EncodeOptions options = EncodeOptions.None)
    {
        ArgumentNullException.ThrowIfNull(output);
        int start = output.Count;
        EncodeText(first, output, options);
        int middle = output.Count;
        EncodeText(second, output, options);
        PostProcess(first, second, output, start, middle, options);
    }

    /// <summary>Appends the tokens of UTF-16 text; ranges are UTF-16 units of it. A lone surrogate is read as U+FFFD.</summary>
    public void Encode(ReadOnlySpan<char> text, TokenBuffer output, EncodeOptions options = EncodeOptions.None)
    {
        ArgumentNullException.ThrowIfNull(output);
        EncodeScratch scratch = EncodeScratch.Rent();
        try
        {
            ReadOnlySpan<byte> bytes = scratch.ToUtf8(text);
            int first = output.Count;
            Encode(bytes, output, options);
            if (output.WithRanges && bytes.Length != text.Length)
                Utf16Ranges.Convert(bytes, output, first);
        }
        finally
        {
            EncodeScratch.Return(scratch);
        }
    }

    /// <summary>The tokens of a text.</summary>
    public int[] Encode(string text, EncodeOptions options = EncodeOptions.None)
    {
        EncodeScratch scratch = EncodeScratch.Rent();
        try
        {
            scratch.Ids.Clear();
            Encode(scratch.ToUtf8(text), scratch.Ids, options);
            return scratch.Ids.Ids.ToArray();
        }
        finally
        {
            EncodeScratch.Return(scratch);
        }
    }

    /// <summary>Writes the tokens of UTF-8 text to <paramref name="ids"/>; <see langword="false"/> where they do not fit.</summary>
    /// <param name="text">The text.</param>
    /// <param name="ids">Where the ids go.</param>
    /// <param name="count">The number of tokens of the text, also where they do not fit.</param>
    /// <param name="options">How special tokens are treated.</param>
    public bool TryEncode(ReadOnlySpan<byte> text, Span<int> ids, out int count, EncodeOptions options = EncodeOptions.None)
    {
        EncodeScratch scratch = EncodeScratch.Rent();
        try
        {
            scratch.Ids.Clear();
            Encode(text, scratch.Ids, options);
            count = scratch.Ids.Count;
            return scratch.Ids.Ids.TryCopyTo(ids);
        }
        finally
        {
            EncodeScratch.Return(scratch);
        }
    }

    /// <summary>The number of tokens of UTF-8 text.</summary>
    public int CountTokens(ReadOnlySpan<byte> text, EncodeOptions options = EncodeOptions.None)
    {
        bool parse = (options & EncodeOptions.ParseSpecial) != 0;
        if (_fused is not null && (parse ? _raw ?? _normalized : _rawPlain ?? _normalizedPlain) is null && (_normalizer is null || _normalizer.Leaves(text)))
            return _fused.Count(text) + ((options & EncodeOptions.AddSpecial) != 0 ? AddedCount(pair: false) : 0);
        TryEncode(text, default, out int count, options);
        return count;
    }

    /// <summary>The number of tokens of a text.</summary>
    public int CountTokens(ReadOnlySpan<char> text, EncodeOptions options = EncodeOptions.None)
    {
        EncodeScratch scratch = EncodeScratch.Rent();
        try
        {
            return CountTokens(scratch.ToUtf8(text), options);
        }
        finally
        {
            EncodeScratch.Return(scratch);
        }
    }

    /// <summary>The number of tokens that <see cref="EncodeOptions.AddSpecial"/> puts around a text, or around a pair.</summary>
    public int AddedCount(bool pair) => _postProcessor?.AddedCount(pair) ?? 0;

    /// <summary>
    /// The length in bytes of a start of <paramref name="text"/> that encodes to at most <paramref name="maxTokens"/> tokens, and ends with a token and
    /// a character of the whole text's encoding. As long as the first such place that is tried from the budget downward.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="maxTokens">The budget, tokens put around the text included.</param>
    /// <param name="tokens">The number of tokens of that start, tokens put around it included.</param>
    /// <param name="options">How special tokens are treated.</param>
    public int Truncate(ReadOnlySpan<byte> text, int maxTokens, out int tokens, EncodeOptions options = EncodeOptions.None)
    {
        int added = (options & EncodeOptions.AddSpecial) != 0 ? AddedCount(pair: false) : 0;
        options &= ~EncodeOptions.AddSpecial;
        int budget = Math.Max(0, maxTokens - added);
        EncodeScratch scratch = EncodeScratch.Rent();
        try
        {
            TokenBuffer ranged = scratch.Ranged;
            // A long text is looked at only as far as the budget reaches.
            long window = 64L * budget + 4096;
            int length;
            do
            {
                length = (int)Math.Min(text.Length, window);
                while (length < text.Length && length > 0 && (text[length] & 0xC0) == 0x80)
                    length--;
                ranged.Clear();
                EncodeText(text[..length], ranged, options);
                window *= 8;
            }
            while (length < text.Length && ranged.Count <= budget);
            if (ranged.Count <= budget)
            {
                tokens = ranged.Count + added;
                return text.Length;
            }
            for (int kept = budget, step = 1; kept > 0; kept -= step, step *= 2)
            {
                int cut = Math.Min(length, ranged.Ranges[kept].Start);
                while (cut > 0 && (text[cut] & 0xC0) == 0x80)
                    cut--;
                int count = CountTokens(text[..cut], options);
                if (count > budget)
                    continue;
                tokens = count + added;
                return cut;
            }
            tokens = added;
            return 0;
        }
        finally
        {
            EncodeScratch.Return(scratch);
        }
    }

    /// <summary>As for UTF-8 text, in UTF-16 units.</summary>
    public int Truncate(ReadOnlySpan<char> text, int maxTokens, out int tokens, EncodeOptions options = EncodeOptions.None)
    {
        EncodeScratch scratch = EncodeScratch.Rent();
        try
        {
            ReadOnlySpan<byte> bytes = scratch.ToUtf8(text);
            int cut = Truncate(bytes, maxTokens, out tokens, options);
            return cut == bytes.Length ? text.Length : Encoding.UTF8.GetCharCount(bytes[..cut]);
        }
        finally
        {
            EncodeScratch.Return(scratch);
        }
    }

    private void PostProcess(ReadOnlySpan<byte> firstText, ReadOnlySpan<byte> secondText, TokenBuffer output, int first, int second, EncodeOptions options)
    {
        if (_postProcessor is null)
            return;
        var texts = new PostProcessing(output, _texts, _added, firstText, secondText, first, second, (options & EncodeOptions.AddSpecial) != 0);
        _postProcessor.Apply(ref texts);
    }

    private void EncodeText(ReadOnlySpan<byte> text, TokenBuffer output, EncodeOptions options, ReadOnlySpan<int> cuts = default)
    {
        bool parse = (options & EncodeOptions.ParseSpecial) != 0;
        AddedTokenMatcher? matcher = parse ? _raw : _rawPlain, normalized = parse ? _normalized : _normalizedPlain;
        int open = 0;
        if (matcher is not null)
        {
            for (int search = 0; matcher.Next(text, ref search, open, out int start, out int end) is { } token;)
            {
                if (token.Special && IsCut(cuts, start, end))
                    continue;
                EncodeSegment(text[open..start], open, normalized, output, cuts);
                output.Add(token.Id, start, end - start);
                open = end;
            }
        }
        EncodeSegment(text[open..], open, normalized, output, cuts);
    }

    private static bool IsCut(ReadOnlySpan<int> cuts, int start, int end)
    {
        if (cuts.IsEmpty)
            return false;
        int at = cuts.BinarySearch(start + 1);
        at = at < 0 ? ~at : at;
        return at < cuts.Length && cuts[at] < end;
    }

    /// <summary>Normalizes what lies between added tokens, cuts out those that match there and encodes the rest.</summary>
    private void EncodeSegment(ReadOnlySpan<byte> text, int offset, AddedTokenMatcher? matcher, TokenBuffer output, ReadOnlySpan<int> cuts)
    {
        if (text.IsEmpty)
            return;
        if (_normalizer is null || _normalizer.Leaves(text))
        {
            TextEncoder encoder = _fused ?? _pipeline;
            int open = 0;
            if (matcher is not null)
            {
                for (int search = 0; matcher.Next(text, ref search, open, out int start, out int end) is { } token;)
                {
                    if (token.Special && IsCut(cuts, offset + start, offset + end))
                        continue;
                    if (open < start)
                        encoder.Encode(text[open..start], offset + open, output);
                    output.Add(token.Id, offset + start, end - start);
                    open = end;
                }
            }
            if (open < text.Length)
                encoder.Encode(text[open..], offset + open, output);
            return;
        }
        EncodeScratch scratch = EncodeScratch.Rent();
        try
        {
            NormalizedText normalized = scratch.Text;
            normalized.Reset(text, offset, output.WithRanges || _pipeline.NeedsOrigins || !cuts.IsEmpty);
            _normalizer.Apply(normalized);
            int open = 0;
            if (matcher is not null)
            {
                for (int search = 0; matcher.Next(normalized.Bytes, ref search, open, out int start, out int end) is { } token;)
                {
                    ByteRange range = normalized.Origin(start, end - start);
                    if (token.Special && IsCut(cuts, range.Start, range.Start + range.Length))
                        continue;
                    EncodeNormalized(normalized, open, start - open, output);
                    output.Add(token.Id, range.Start, range.Length);
                    open = end;
                }
            }
            EncodeNormalized(normalized, open, normalized.Bytes.Length - open, output);
        }
        finally
        {
            EncodeScratch.Return(scratch);
        }
    }

    private void EncodeNormalized(NormalizedText text, int from, int length, TokenBuffer output)
    {
        if (length <= 0)
            return;
        if (_fused is null)
        {
            _pipeline.Encode(text, from, length, startsSource: from == 0, output);
            return;
        }
        int first = output.Count;
        _fused.Encode(text.Bytes.Slice(from, length), from, output);
        if (output.WithRanges)
            PipelineEncoder.ToSource(text, output, first);
    }
}
