using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Athanor.Tokenizers.Decoders;

namespace Athanor.Tokenizers;

public sealed partial class Tokenizer
{
    // Where decoding is but a concatenation: the bytes of each token, and a character that is taken off the start so many times at most.
    private readonly TokenTable? _joined;
    private readonly byte _joinedStrip;
    private readonly int _joinedStripCount;
    private readonly bool _joinsByteTokens;

    /// <summary>The text of tokens; bytes that are not UTF-8 become U+FFFD.</summary>
    /// <param name="ids">The tokens.</param>
    /// <param name="skipSpecial">Leaves special tokens out.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false)
    {
        if (_joined is null)
            return Encoding.UTF8.GetString(RunStages(ids, skipSpecial, asText: true).Bytes);
        int length = Length(ids, skipSpecial);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            ReadOnlySpan<byte> text = Join(ids, skipSpecial, bytes.AsSpan(0, length));
            // A run of byte tokens that is not UTF-8 is written otherwise than other bytes that are not.
            if (_joinsByteTokens && !Utf8.IsValid(text))
                return Encoding.UTF8.GetString(RunStages(ids, skipSpecial, asText: true).Bytes);
            return Encoding.UTF8.GetString(text);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>The bytes of tokens, also those that are not UTF-8.</summary>
    /// <param name="ids">The tokens.</param>
    /// <param name="skipSpecial">Leaves special tokens out.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public byte[] DecodeBytes(ReadOnlySpan<int> ids, bool skipSpecial = false)
    {
        if (_joined is null)
            return RunStages(ids, skipSpecial, asText: false).Bytes.ToArray();
        byte[] bytes = new byte[Length(ids, skipSpecial)];
        int length = Join(ids, skipSpecial, bytes).Length;
        return length == bytes.Length ? bytes : bytes[^length..];
    }

    /// <summary>Writes the bytes of tokens to <paramref name="output"/>.</summary>
    /// <param name="ids">The tokens.</param>
    /// <param name="output">Where the bytes go.</param>
    /// <param name="skipSpecial">Leaves special tokens out.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public void Decode(ReadOnlySpan<int> ids, IBufferWriter<byte> output, bool skipSpecial = false)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (_joined is null || _joinedStripCount > 0)
        {
            output.Write(_joined is null ? RunStages(ids, skipSpecial, asText: false).Bytes : DecodeBytes(ids, skipSpecial));
            return;
        }
        int length = Length(ids, skipSpecial);
        if (length == 0)
            return;
        Join(ids, skipSpecial, output.GetSpan(length)[..length]);
        output.Advance(length);
    }

    /// <summary>A decoder that takes tokens one at a time and gives text as soon as it is certain.</summary>
    /// <param name="skipSpecial">Leaves special tokens out.</param>
    public DecodeStream CreateStream(bool skipSpecial = false) => new(this, skipSpecial);

    /// <summary>The stages of the decoder in front of <paramref name="sink"/>.</summary>
    internal DecodeStage StartStages(DecodeSink sink, bool asText) => Parts.Decoder?.Start(sink, asText) ?? new SpacingStage(sink);

    /// <summary>The token as its file writes it, checked.</summary>
    internal ReadOnlySpan<byte> TextOf(int id)
    {
        ThrowIfAbsent(id);
        return _texts[id];
    }

    private DecodeSink RunStages(ReadOnlySpan<int> ids, bool skipSpecial, bool asText)
    {
        var sink = new DecodeSink();
        DecodeStage stages = StartStages(sink, asText);
        foreach (int id in ids)
        {
            ThrowIfAbsent(id);
            if (!skipSpecial || !_special[id])
                stages.Token(_texts[id]);
        }
        stages.Finish();
        return sink;
    }

    private int Length(ReadOnlySpan<int> ids, bool skipSpecial)
    {
        foreach (int id in ids)
            ThrowIfAbsent(id);
        return _joined!.Length(ids, skipSpecial ? _special : null);
    }

    /// <summary>Fills <paramref name="bytes"/>, which has the tokens' length, and gives what is left when the start is stripped.</summary>
    private ReadOnlySpan<byte> Join(ReadOnlySpan<int> ids, bool skipSpecial, Span<byte> bytes)
    {
        _joined!.Copy(ids, skipSpecial ? _special : null, bytes);
        int stripped = 0;
        while (stripped < _joinedStripCount && stripped < bytes.Length && bytes[stripped] == _joinedStrip)
            stripped++;
        return bytes[stripped..];
    }

    private (TokenTable? Table, byte Strip, int StripCount, bool ByteTokens) JoinedTable()
    {
        TokenDecoder[] steps = Parts.Decoder is { } decoder ? [.. Flatten(decoder)] : [];
        int strips = 0;
        byte stripped = 0;
        if (steps is [.., FuseDecoder, StripDecoder { Trailing: 0, Content.IsAscii: true } strip])
        {
            (stripped, strips) = ((byte)strip.Content.Value, strip.Leading);
            steps = steps[..^1];
        }
        if (steps.Length == 0)
            return default;
        bool joins = steps is [ByteLevelDecoder] or [ByteLevelDecoder, FuseDecoder];
        if (!joins)
        {
            // Steps that treat each token by itself, whatever its neighbours are.
            TokenDecoder[] own = [.. steps.SkipWhile(step => step is ReplaceDecoder { Pattern.IsRegex: false })];
            joins = own is [] or [FuseDecoder] or [ByteFallbackDecoder] or [ByteFallbackDecoder, FuseDecoder];
        }
        if (!joins)
            return default;
        var sink = new DecodeSink();
        var table = new byte[]?[_texts.Count];
        for (int id = 0; id < table.Length; id++)
        {
            if (!_texts.Contains(id))
                continue;
            DecodeStage next = sink;
            for (int i = steps.Length - 1; i >= 0; i--)
                next = steps[i].Start(next, asText: false);
            sink.Clear();
            next.Token(_texts[id]);
            next.Finish();
            table[id] = sink.Bytes.ToArray();
        }
        return (new TokenTable(table), stripped, strips, steps.Any(step => step is ByteFallbackDecoder));
    }

    private static IEnumerable<TokenDecoder> Flatten(TokenDecoder decoder) =>
        decoder is SequenceDecoder sequence ? sequence.Steps.SelectMany(Flatten) : [decoder];
}
