using System.Text;

namespace Athanor.Tokenizers.Decoders;

/// <summary>Takes a character off the ends of each token, a limited number of times.</summary>
/// <param name="Content">The character.</param>
/// <param name="Leading">How many at most at the start.</param>
/// <param name="Trailing">How many at most at the end.</param>
public sealed record StripDecoder(Rune Content, int Leading, int Trailing) : TokenDecoder
{
    internal override DecodeStage Start(DecodeStage next, bool asText) =>
        Content.IsAscii ? new AsciiStage(next, (byte)Content.Value, Leading, Trailing) : new Stage(next, this);

    private sealed class Stage(DecodeStage next, StripDecoder settings) : WholeTokenStage(next)
    {
        private readonly byte[] _content = Encoding.UTF8.GetBytes(settings.Content.ToString());

        protected override void Take(ReadOnlySpan<byte> token)
        {
            for (int i = 0; i < settings.Leading && token.StartsWith(_content); i++)
                token = token[_content.Length..];
            for (int i = 0; i < settings.Trailing && token.EndsWith(_content); i++)
                token = token[..^_content.Length];
            Next.Token(token);
        }
    }

    // Works on the parts as they come: drops at the start, holds back what may have to be dropped at the end.
    private sealed class AsciiStage(DecodeStage next, byte content, int leading, int trailing) : PassingStage(next)
    {
        private int _toDrop, _held;

        public override void Begin()
        {
            (_toDrop, _held) = (leading, 0);
            base.Begin();
        }

        public override void Write(ReadOnlySpan<byte> part)
        {
            for (; _toDrop > 0 && !part.IsEmpty && part[0] == content; _toDrop--)
                part = part[1..];
            if (part.IsEmpty)
                return;
            _toDrop = 0;
            int tail = part.Length - part.TrimEnd(content).Length;
            if (tail < part.Length)
            {
                Release(_held);
                _held = 0;
                Next.Write(part[..^tail]);
            }
            _held += tail;
            Release(_held - trailing);
            _held = Math.Min(_held, trailing);
        }

        private void Release(int count)
        {
            for (; count > 0; count--)
                Next.Write([content]);
        }
    }
}
