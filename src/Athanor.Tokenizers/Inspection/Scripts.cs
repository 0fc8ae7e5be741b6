using System.Text;

namespace Athanor.Tokenizers.Inspection;

/// <summary>The script of a letter by its block: coarse, but enough to see whom a vocabulary serves.</summary>
internal static class Scripts
{
    // First code points of runs of blocks, ascending; a run ends where the next begins.
    private static readonly (int First, string Name)[] Runs =
    [
        (0, "Latin"), (0x370, "Greek"), (0x400, "Cyrillic"), (0x530, "Armenian"), (0x590, "Hebrew"), (0x600, "Arabic"), (0x700, "other scripts"),
        (0x900, "Devanagari"), (0x980, "Indic"), (0xE00, "Thai"), (0xE80, "other scripts"), (0x10A0, "Georgian"), (0x1100, "Hangul"), (0x1200, "Ethiopic"),
        (0x1380, "other scripts"), (0x1C80, "Cyrillic"), (0x1C90, "other scripts"), (0x1E00, "Latin"), (0x1F00, "Greek"), (0x2000, "other scripts"),
        (0x2C60, "Latin"), (0x2C80, "other scripts"), (0x2DE0, "Cyrillic"), (0x2E00, "Han"), (0x3040, "Kana"), (0x3100, "Han"), (0x3130, "Hangul"),
        (0x3190, "Han"), (0x31F0, "Kana"), (0x3200, "Han"), (0xA000, "other scripts"), (0xA640, "Cyrillic"), (0xA6A0, "other scripts"), (0xA720, "Latin"),
        (0xA800, "other scripts"), (0xAC00, "Hangul"), (0xD7FC, "other scripts"), (0xF900, "Han"), (0xFB00, "Latin"), (0xFB13, "Armenian"), (0xFB1D, "Hebrew"),
        (0xFB50, "Arabic"), (0xFE00, "other scripts"), (0xFE70, "Arabic"), (0xFF00, "Latin"), (0xFF66, "Kana"), (0xFFA0, "Hangul"), (0xFFE0, "other scripts"),
        (0x1B000, "Kana"), (0x1B170, "other scripts"), (0x20000, "Han"), (0x32000, "other scripts"),
    ];

    public static string Of(Rune letter)
    {
        int low = 0, high = Runs.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (Runs[middle].First <= letter.Value)
                low = middle;
            else
                high = middle - 1;
        }
        return Runs[low].Name;
    }
}
