using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Athanor.Tokenizers.Files.Tiktoken;

/// <summary>Reads and writes tiktoken's rank files: on every line a token in base64, a space and its rank, which is its id.</summary>
public static class TiktokenFile
{
    // The longest published token has 128 bytes; far above that lies only harm.
    private const int MaxTokenBytes = 1024;

    /// <summary>Reads a file of ranks.</summary>
    /// <exception cref="TokenizerFormatException">A line is not of the form, a token or rank is there twice, or one of the 256 bytes is missing.</exception>
    public static Vocabulary LoadRanks(string path) => ParseRanks(FileBytes.Read(path), path);

    /// <summary>Reads the bytes of a file; <paramref name="source"/> names it in errors.</summary>
    /// <exception cref="TokenizerFormatException">A line is not of the form, a token or rank is there twice, or one of the 256 bytes is missing.</exception>
    public static Vocabulary ParseRanks(ReadOnlySpan<byte> data, string source)
    {
        var tokens = new List<KeyValuePair<int, byte[]>>();
        var lines = new Dictionary<byte[], int>(ByteStringComparer.Instance);
        var ranks = new Dictionary<int, int>();
        int line = 0;
        while (!data.IsEmpty)
        {
            line++;
            int end = data.IndexOf((byte)'\n');
            ReadOnlySpan<byte> text = (end < 0 ? data : data[..end]).TrimEnd((byte)'\r');
            data = end < 0 ? [] : data[(end + 1)..];
            if (text.IsEmpty)
                continue;
            (byte[] token, int rank) = ParseLine(text, source, line);
            if (!lines.TryAdd(token, line))
                throw Error(source, line, $"the token '{Encoding.UTF8.GetString(token)}' is the same as that of line {lines[token]}");
            if (!ranks.TryAdd(rank, line))
                throw Error(source, line, $"the rank {rank} is the same as that of line {ranks[rank]}");
            tokens.Add(new(rank, token));
        }
        for (int value = 0; value < 256; value++)
        {
            if (!lines.ContainsKey([(byte)value]))
                throw new TokenizerFormatException(source, "", $"no line has the single byte 0x{value:X2}; every text needs all 256");
        }
        try
        {
            return new Vocabulary(tokens);
        }
        catch (ArgumentException e)
        {
            throw new TokenizerFormatException(source, "", e.Message, e);
        }
    }

    /// <summary>Writes tokens in the order of their ids, which other tools read as ranks.</summary>
    public static void Write(Stream stream, Vocabulary vocabulary)
    {
        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (vocabulary.Contains(id))
                stream.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Convert.ToBase64String(vocabulary[id])} {id}\n")));
        }
    }

    private static (byte[] Token, int Rank) ParseLine(ReadOnlySpan<byte> text, string source, int line)
    {
        int space = text.IndexOf((byte)' ');
        if (space < 0)
            throw Error(source, line, "has no space; it must be a token in base64, a space and a rank");
        if (space > (MaxTokenBytes + 2) / 3 * 4)
            throw Error(source, line, $"has a token of more than {MaxTokenBytes} bytes");
        byte[] token = new byte[MaxTokenBytes + 4];
        if (Base64.DecodeFromUtf8(text[..space], token, out _, out int length) != OperationStatus.Done)
            throw Error(source, line, "the token is not base64");
        if (length == 0)
            throw Error(source, line, "the token is empty");
        if (!Utf8Parser.TryParse(text[(space + 1)..], out int rank, out int used) || used != text.Length - space - 1 || rank < 0)
            throw Error(source, line, "the rank is no number from 0 to 2147483647");
        return (token[..length], rank);
    }

    private static TokenizerFormatException Error(string source, int line, string problem) =>
        new(source, string.Create(CultureInfo.InvariantCulture, $"line {line}"), problem);
}
