using System.Buffers.Binary;
using System.Text;

namespace Athanor.Data.Languages;

/// <summary>
/// Compiled message catalogues of GNU gettext (its manual, "The Format of GNU MO Files"): 0x950412DE in either byte order, u32 revision, messages, where the originals and the translations are listed, each as u32 length, u32 offset.
/// </summary>
internal static class GettextCatalog
{
    private const uint Magic = 0x950412DE, Swapped = 0xDE120495;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Originals and translations of a catalogue in UTF-8; none where the file is something else, damaged or in another charset.</summary>
    public static IEnumerable<(string Original, string Translation)> Read(byte[] file)
    {
        if (file.Length < 28 || BinaryPrimitives.ReadUInt32LittleEndian(file) is not (Magic or Swapped))
            yield break;
        bool swapped = BinaryPrimitives.ReadUInt32LittleEndian(file) == Swapped;
        uint count = Number(file, 8, swapped), originals = Number(file, 12, swapped), translations = Number(file, 16, swapped);
        for (uint i = 0; i < count; i++)
        {
            if (Text(file, originals + (8L * i), swapped) is not { } original || Text(file, translations + (8L * i), swapped) is not { } translation)
                yield break;
            if (original.Length > 0)
                yield return (original, translation);
            else if (!translation.Contains("charset=utf-8", StringComparison.OrdinalIgnoreCase))
                yield break;
        }
    }

    private static uint Number(byte[] file, int at, bool swapped) =>
        swapped ? BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at)) : BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at));

    /// <summary>A string; plural forms, between NULs, as lines.</summary>
    private static string? Text(byte[] file, long entry, bool swapped)
    {
        if (entry + 8 > file.Length)
            return null;
        long length = Number(file, (int)entry, swapped), offset = Number(file, (int)entry + 4, swapped);
        if (offset + length > file.Length)
            return null;
        try
        {
            return Strict.GetString(file, (int)offset, (int)length).Replace('\0', '\n');
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
