using System.Buffers.Binary;
using System.Globalization;
using Athanor.Tokenizers.SentencePiece;

namespace Athanor.Tokenizers.Files.SentencePiece;

/// <summary>
/// Reads llama2.c's <c>tokenizer.bin</c>: the length of the longest token (int32), then for each token its score (float32), its length (int32) and its bytes,
/// little-endian. The tokens are those of a Llama 2 SentencePiece model with plain spaces: unknown, begin, end, 256 bytes, text.
/// </summary>
public static class LlamaCFile
{
    /// <summary>How the files end: their bytes have no mark, so that the name alone tells them.</summary>
    public const string Extension = ".bin";

    private const int FirstByte = 3, FirstText = FirstByte + 256;

    // 256,000 tokens of Gemma's length make 4 MB; 32,000 of Llama 2 have 27 bytes at most. Checkpoints of models end in .bin, too.
    private const int MostBytes = 16 << 20, MostTokenBytes = 4096;

    /// <summary>Reads a file.</summary>
    /// <exception cref="TokenizerFormatException">The file is cut short or inconsistent.</exception>
    public static SentencePieceModel Load(string path) => Parse(FileBytes.Read(path, MostBytes), path);

    /// <summary>Reads the bytes of a file; <paramref name="source"/> names it in errors.</summary>
    /// <exception cref="TokenizerFormatException">The data is cut short or inconsistent.</exception>
    public static SentencePieceModel Parse(ReadOnlySpan<byte> data, string source)
    {
        if (data.Length < 4)
            throw Error(source, 0, "the file is cut short");
        int longest = BinaryPrimitives.ReadInt32LittleEndian(data);
        if (longest is < 0 or > MostTokenBytes)
            throw Error(source, 0, $"the longest token is said to have {longest} bytes; {MostTokenBytes} at most can be. Is it a tokenizer?");
        var pieces = new PieceList(source);
        for (int at = 4; at < data.Length;)
        {
            int id = pieces.Count;
            if (data.Length - at < 8)
                throw Error(source, at, $"the file is cut short within token {id}");
            float score = BinaryPrimitives.ReadSingleLittleEndian(data[at..]);
            int length = BinaryPrimitives.ReadInt32LittleEndian(data[(at + 4)..]);
            at += 8;
            if (length < 0 || length > longest)
                throw Error(source, at - 4, $"token {id} has the length {length}; the longest is said to have {longest} bytes");
            if (length > data.Length - at)
                throw Error(source, at, $"token {id} has {length} bytes, but only {data.Length - at} are left");
            PieceKind kind = id switch { 0 => PieceKind.Unknown, < FirstByte => PieceKind.Control, < FirstText => PieceKind.Byte, _ => PieceKind.Normal };
            byte[] piece = kind switch
            {
                PieceKind.Unknown => "<unk>"u8.ToArray(),
                PieceKind.Control => id == 1 ? "<s>"u8.ToArray() : "</s>"u8.ToArray(),
                _ => Escape(data.Slice(at, length)),
            };
            pieces.Add(piece, score, (int)kind);
            at += length;
        }
        if (pieces.Count < FirstText)
            throw Error(source, data.Length, $"only {pieces.Count} tokens are there; the unknown one, begin, end and 256 bytes make {FirstText} at least");
        pieces.CheckBytes();
        return new SentencePieceModel
        {
            Vocabulary = pieces.Build(),
            Scores = [.. pieces.Scores],
            Kinds = [.. pieces.Kinds],
            Algorithm = SentencePieceAlgorithm.Bpe,
            ByteFallback = true,
            NormalizerName = "identity",
            RemoveExtraWhitespaces = false,
        };
    }

    private static byte[] Escape(ReadOnlySpan<byte> text)
    {
        var escaped = new List<byte>(text.Length + 2);
        foreach (byte value in text)
        {
            if (value == ' ')
                escaped.AddRange("\u2581"u8);
            else
                escaped.Add(value);
        }
        return [.. escaped];
    }

    private static TokenizerFormatException Error(string source, int at, string problem) =>
        new(source, string.Create(CultureInfo.InvariantCulture, $"byte {at}"), problem);
}
