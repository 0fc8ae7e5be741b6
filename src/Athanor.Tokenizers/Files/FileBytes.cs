using System.Globalization;

namespace Athanor.Tokenizers.Files;

/// <summary>Reads the files of tokenizers whole, up to a size beyond which none is one: reading must not be what fills the memory.</summary>
internal static class FileBytes
{
    // Beyond this no vocabulary is sensible.
    private const int Most = 1 << 30;

    /// <summary>The bytes of a file, of a pipe too.</summary>
    /// <exception cref="TokenizerFormatException">It has more than <paramref name="most"/> bytes.</exception>
    public static byte[] Read(string path, int most = Most)
    {
        using FileStream file = File.OpenRead(path);
        long length = file.CanSeek ? file.Length : 0;
        TokenizerFormatException TooLong(string size) =>
            new(path, "", string.Create(CultureInfo.InvariantCulture, $"has {size} bytes, more than the {most:N0} that a tokenizer of this form may have. Is it another file?"));
        if (length > most)
            throw TooLong(length.ToString("N0", CultureInfo.InvariantCulture));
        byte[] data = new byte[length];
        int count = file.ReadAtLeast(data, data.Length, throwOnEndOfStream: false);
        // What has no length, or another than it said: pipes, devices, files that grow.
        for (int next = count < data.Length ? -1 : file.ReadByte(); next >= 0; next = file.ReadByte())
        {
            if (count == most)
                throw TooLong("endlessly many");
            Array.Resize(ref data, (int)Math.Min(most, Math.Max(4096, 2L * count)));
            data[count++] = (byte)next;
            count += file.ReadAtLeast(data.AsSpan(count), data.Length - count, throwOnEndOfStream: false);
            if (count < data.Length)
                break;
        }
        return count == data.Length ? data : data[..count];
    }
}
