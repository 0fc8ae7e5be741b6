using System.Buffers;
using System.Text.Unicode;

namespace Athanor.Tokenizers.Decoders;

/// <summary>
/// Reads tokens such as <c>&lt;0x61&gt;</c> as bytes. A run of them that is not UTF-8 becomes one U+FFFD for each byte where text is asked for,
/// and stays as it is where bytes are.
/// </summary>
public sealed record ByteFallbackDecoder : TokenDecoder
{
    internal override DecodeStage Start(DecodeStage next, bool asText) => new Stage(next, asText);

    /// <summary>The byte that a token stands for, or -1.</summary>
    internal static int ByteOf(ReadOnlySpan<byte> token)
    {
        if (token.Length != 6 || !token.StartsWith("<0x"u8) || token[5] != '>')
            return -1;
        int high = Digit(token[3]), low = Digit(token[4]);
        return (high | low) < 0 ? -1 : high << 4 | low;
    }

    private static int Digit(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        _ => -1,
    };

    private sealed class Stage(DecodeStage next, bool asText) : WholeTokenStage(next)
    {
        private readonly ArrayBufferWriter<byte> _run = new(16);

        protected override void Take(ReadOnlySpan<byte> token)
        {
            int value = ByteOf(token);
            if (value >= 0)
            {
                _run.GetSpan(1)[0] = (byte)value;
                _run.Advance(1);
                return;
            }
            EndRun();
            Next.Token(token);
        }

        public override void Finish()
        {
            EndRun();
            base.Finish();
        }

        private void EndRun()
        {
            if (_run.WrittenCount == 0)
                return;
            if (!asText || Utf8.IsValid(_run.WrittenSpan))
            {
                Next.Token(_run.WrittenSpan);
            }
            else
            {
                for (int i = 0; i < _run.WrittenCount; i++)
                    Next.Token("\uFFFD"u8);
            }
            _run.ResetWrittenCount();
        }
    }
}
