using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Athanor.Tokenizers.PreTokenizers.Scanners;

namespace Athanor.Tokenizers.Bpe;

/// <summary>
/// The encoder of one set of rules. ASCII text goes in blocks of 64 bytes whose piece starts come out of bit masks; other text piece by piece.
/// A piece of up to 15 bytes is one look-up in the thread's cache, whose entry holds up to three tokens that are all written out in one store.
/// </summary>
internal sealed unsafe class ByteLevelEncoder<TRules>(ByteLevelBpe model) : ByteLevelEncoder(model)
    where TRules : struct, IPieceRules
{
    private const int Block = 64;

    /// <summary>Bytes that may be read behind the start of a block or of a short piece.</summary>
    private const int Slack = Block + 16;

    /// <summary>Ids that a block can give, and the three that a store may write too many.</summary>
    private const int BlockRoom = Block + 4;

    public override void Encode(ReadOnlySpan<byte> text, int start, TokenBuffer output)
    {
        int first = output.Count;
        BpeScratch scratch = Model.Rent();
        var sink = new Sink(output, long.MaxValue);
        Run(text, scratch, ref sink);
        Model.Return(scratch);
        if (output.WithRanges)
            Model.SetRanges(text, start, output, first);
    }

    public override int Count(ReadOnlySpan<byte> text)
    {
        BpeScratch scratch = Model.Rent();
        var sink = new Sink(null, long.MaxValue);
        Run(text, scratch, ref sink);
        Model.Return(scratch);
        return checked((int)sink.Count);
    }

    public override (int Tokens, int Bytes) TruncateAt(ReadOnlySpan<byte> text, int maxTokens, TokenBuffer? output = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxTokens);
        TokenBuffer tokens = output ?? new TokenBuffer();
        int first = tokens.Count;
        BpeScratch scratch = Model.Rent();
        var sink = new Sink(tokens, maxTokens);
        int end = Run(text, scratch, ref sink);
        Model.Return(scratch);
        if (tokens.Count - first <= maxTokens)
        {
            if (tokens.WithRanges)
                Model.SetRanges(text[..end], 0, tokens, first);
            return (tokens.Count - first, end);
        }
        var bounds = new TokenBuffer(withRanges: true);
        tokens.Ids[first..(first + maxTokens)].CopyTo(bounds.Reserve(maxTokens));
        bounds.Advance(maxTokens);
        Model.SetRanges(text, 0, bounds, 0);
        tokens.Truncate(first + maxTokens);
        for (int i = 0; i < maxTokens && tokens.WithRanges; i++)
            tokens.SetRange(first + i, bounds.Ranges[i]);
        return (maxTokens, maxTokens == 0 ? 0 : bounds.Ranges[^1].End);
    }

    /// <summary>Where tokens go: a buffer, or nowhere where they are only counted.</summary>
    private ref struct Sink(TokenBuffer? output, long limit)
    {
        /// <summary>Tokens so far.</summary>
        public long Count;

        /// <summary>The count at which encoding may stop; it goes on to the end of a block.</summary>
        public readonly long Limit = limit;

        private fixed int _nowhere[BlockRoom];

        public readonly bool Counts => output is null;

        [UnscopedRef]
        public ref int Room(int count)
        {
            if (output is not null)
                return ref MemoryMarshal.GetReference(output.Reserve(count));
            return ref _nowhere[0];
        }

        public void Advance(int count)
        {
            Count += count;
            output?.Advance(count);
        }

        public void Write(ReadOnlySpan<int> tokens)
        {
            Count += tokens.Length;
            if (output is null)
                return;
            tokens.CopyTo(output.Reserve(tokens.Length));
            output.Advance(tokens.Length);
        }
    }

    /// <summary>Encodes up to the end, or until the sink has what it wanted; returns how far it came.</summary>
    [SkipLocalsInit]
    private static int Run(ReadOnlySpan<byte> text, BpeScratch scratch, ref Sink sink)
    {
        ref byte bytes = ref MemoryMarshal.GetReference(text);
        int at = 0;
        if (text.Length >= Slack)
            at = Run(ref bytes, 0, text.Length, text.Length - Slack, scratch, ref sink);
        if (at == text.Length || sink.Count >= sink.Limit)
            return at;
        // The rest, which begins with a piece, is encoded from where reading beyond its end does no harm.
        int rest = text.Length - at;
        byte* tail = stackalloc byte[2 * Slack];
        text[at..].CopyTo(new Span<byte>(tail, rest));
        new Span<byte>(tail + rest, Slack).Clear();
        return at + Run(ref *tail, 0, rest, rest - 1, scratch, ref sink);
    }

    /// <summary>Encodes whole pieces up to <paramref name="end"/> while they start at or before <paramref name="last"/>, from where <see cref="Slack"/> bytes can be read.</summary>
    private static int Run(ref byte text, int at, int end, int last, BpeScratch scratch, ref Sink sink)
    {
        ref ulong masks = ref MemoryMarshal.GetArrayDataReference(BpeScratch.KeyMasks);
        while (at <= last && sink.Count < sink.Limit)
        {
            ref byte origin = ref Unsafe.Add(ref text, at);
            AsciiBlock block = AsciiBlock.Read(ref origin, end - at);
            ulong starts = TRules.Starts(block, ref origin, end - at) & (ulong.MaxValue << 1) & block.Known;
            if (starts == 0)
            {
                at = One(ref text, at, end, scratch, ref sink, ref masks);
                continue;
            }
            ref int output = ref sink.Room(BlockRoom);
            int count = 0, from = 0;
            nint step = sink.Counts ? 0 : 1;
            do
            {
                int to = BitOperations.TrailingZeroCount(starts);
                starts &= starts - 1;
                int length = to - from;
                ref byte piece = ref Unsafe.Add(ref origin, from);
                from = to;
                if (length <= BpeScratch.ShortBytes)
                {
                    ref ulong mask = ref Unsafe.Add(ref masks, 2 * length);
                    ulong low = Unsafe.ReadUnaligned<ulong>(ref piece) & mask;
                    ulong high = (Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref piece, 8)) & Unsafe.Add(ref mask, 1)) | ((ulong)length << 56);
                    BpeScratch.Short* place = scratch.Place(low, high);
                    if (Holds(place, low, high) || Holds(++place, low, high))
                    {
                        Vector128.Load(place->Tokens).StoreUnsafe(ref output, (nuint)(count * step));
                        count += place->Count;
                        continue;
                    }
                    int missed = scratch.EncodeShort(ref piece, length, low, high);
                    scratch.Tokens.AsSpan(0, missed).CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref output, count * step), missed));
                    count += missed;
                    continue;
                }
                int many = scratch.EncodeLong(ref piece, length);
                scratch.Tokens.AsSpan(0, many).CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref output, count * step), many));
                count += many;
            }
            while (starts != 0);
            sink.Advance(count);
            at += from;
        }
        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Holds(BpeScratch.Short* place, ulong low, ulong high) => ((place->Low ^ low) | (place->High ^ high)) == 0;

    /// <summary>Encodes one piece found by its rule.</summary>
    private static int One(ref byte text, int at, int end, BpeScratch scratch, ref Sink sink, ref ulong masks)
    {
        int next = TRules.NextEnd(ref text, at, end);
        int length = next - at;
        ref byte piece = ref Unsafe.Add(ref text, at);
        if (length <= BpeScratch.ShortBytes)
        {
            ref ulong mask = ref Unsafe.Add(ref masks, 2 * length);
            ulong low = Unsafe.ReadUnaligned<ulong>(ref piece) & mask;
            ulong high = (Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref piece, 8)) & Unsafe.Add(ref mask, 1)) | ((ulong)length << 56);
            BpeScratch.Short* place = scratch.Place(low, high);
            if (Holds(place, low, high) || Holds(++place, low, high))
            {
                sink.Write(new ReadOnlySpan<int>(place->Tokens, place->Count));
                return next;
            }
            int missed = scratch.EncodeShort(ref piece, length, low, high);
            sink.Write(scratch.Tokens.AsSpan(0, missed));
            return next;
        }
        int count = scratch.EncodeLong(ref piece, length);
        sink.Write(scratch.Tokens.AsSpan(0, count));
        return next;
    }
}
