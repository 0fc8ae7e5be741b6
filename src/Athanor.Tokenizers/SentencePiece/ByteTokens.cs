using System.Globalization;
using System.Text;

namespace Athanor.Tokenizers.SentencePiece;

/// <summary>The tokens &lt;0x00&gt; … &lt;0xFF&gt; that stand for single bytes.</summary>
internal static class ByteTokens
{
    /// <summary>The token of a byte.</summary>
    public static byte[] Name(int value) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"));

    /// <summary>The ids of the 256 byte tokens, -1 where the vocabulary lacks one.</summary>
    public static int[] Find(Vocabulary vocabulary)
    {
        int[] ids = new int[256];
        for (int value = 0; value < ids.Length; value++)
            ids[value] = vocabulary.TryGetId(Name(value), out int id) ? id : -1;
        return ids;
    }
}
