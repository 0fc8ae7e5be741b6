using System.Text;
using Athanor.Tokenizers.Normalizers;

namespace Athanor.Tokenizers;

/// <summary>Memory of one encoding at work; a thread keeps a few for its next ones, as calls nest.</summary>
internal sealed class EncodeScratch
{
    private const int KeptBytes = 1 << 24;   // memory beyond this, made necessary by a huge text, is given back
    private const int KeptCount = 3;

    [ThreadStatic]
    private static Stack<EncodeScratch>? _idle;

    private byte[] _utf8 = [];

    public NormalizedText Text { get; } = new();

    public TokenBuffer Ids { get; private set; } = new();

    public TokenBuffer Ranged { get; private set; } = new(withRanges: true);

    public static EncodeScratch Rent() => _idle is { Count: > 0 } idle ? idle.Pop() : new EncodeScratch();

    public static void Return(EncodeScratch scratch)
    {
        _idle ??= new Stack<EncodeScratch>(KeptCount);
        if (_idle.Count < KeptCount)
        {
            scratch.Trim();
            _idle.Push(scratch);
        }
    }

    /// <summary>UTF-16 text as UTF-8; valid until the next call.</summary>
    public ReadOnlySpan<byte> ToUtf8(ReadOnlySpan<char> text)
    {
        long most = 3L * text.Length;
        if (_utf8.Length < most)
        {
            int wanted = most <= 1 << 20 ? (int)most : Encoding.UTF8.GetByteCount(text);
            if (_utf8.Length < wanted)
                _utf8 = new byte[Math.Max(wanted, 1024)];
        }
        return _utf8.AsSpan(0, Encoding.UTF8.GetBytes(text, _utf8));
    }

    private void Trim()
    {
        Text.Trim(KeptBytes);
        if (_utf8.Length > KeptBytes)
            _utf8 = [];
        if (Ids.Count > KeptBytes / sizeof(int))
            Ids = new TokenBuffer();
        if (Ranged.Count > KeptBytes / 12)
            Ranged = new TokenBuffer(withRanges: true);
    }
}
