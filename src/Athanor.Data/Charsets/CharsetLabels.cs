using System.Text;

namespace Athanor.Data.Charsets;

/// <summary>Encodings by the names that pages use for them (WHATWG Encoding, section 4.2): <c>latin1</c> means windows-1252, <c>gb2312</c> means gb18030.</summary>
internal static class CharsetLabels
{
    /// <summary>Windows code page: labels. The first label is the encoding's name.</summary>
    private const string Table = """
        65001 utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8
        1200 utf-16le utf-16 ucs-2 unicode iso-10646-ucs-2 unicodefeff csunicode
        1201 utf-16be unicodefffe
        866 ibm866 cp866 866 csibm866
        28592 iso-8859-2 iso8859-2 iso_8859-2 latin2 l2 csisolatin2 iso-ir-101
        28593 iso-8859-3 iso8859-3 iso_8859-3 latin3 l3 csisolatin3
        28594 iso-8859-4 iso8859-4 iso_8859-4 latin4 l4 csisolatin4
        28595 iso-8859-5 iso8859-5 iso_8859-5 cyrillic csisolatincyrillic iso-ir-144
        28596 iso-8859-6 iso8859-6 iso_8859-6 arabic csisolatinarabic asmo-708 ecma-114 iso-8859-6-e iso-8859-6-i
        28597 iso-8859-7 iso8859-7 iso_8859-7 greek greek8 csisolatingreek ecma-118 elot_928 sun_eu_greek
        28598 iso-8859-8 iso8859-8 iso_8859-8 hebrew visual csisolatinhebrew iso-8859-8-e iso-8859-8-i logical
        28603 iso-8859-13 iso8859-13 iso885913
        28605 iso-8859-15 iso8859-15 iso885915 iso_8859-15 csisolatin9 l9
        20866 koi8-r koi koi8 koi8_r cskoi8r
        21866 koi8-u koi8-ru
        10000 macintosh mac x-mac-roman csmacintosh
        874 windows-874 dos-874 iso-8859-11 iso8859-11 iso885911 tis-620
        1250 windows-1250 cp1250 x-cp1250
        1251 windows-1251 cp1251 x-cp1251 win-1251
        1252 windows-1252 cp1252 x-cp1252 ascii us-ascii ansi_x3.4-1968 iso-8859-1 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 latin1 latin-1 l1 csisolatin1 cp819 ibm819 iso-ir-100
        1253 windows-1253 cp1253 x-cp1253
        1254 windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 iso88599 iso_8859-9 latin5 l5 csisolatin5
        1255 windows-1255 cp1255 x-cp1255
        1256 windows-1256 cp1256 x-cp1256
        1257 windows-1257 cp1257 x-cp1257
        1258 windows-1258 cp1258 x-cp1258
        10007 x-mac-cyrillic x-mac-ukrainian
        54936 gb18030 gbk gb2312 gb_2312 gb_2312-80 chinese csgb2312 csiso58gb231280 x-gbk cp936 ms936 iso-ir-58
        950 big5 big5-hkscs cn-big5 csbig5 x-x-big5
        51932 euc-jp eucjp cseucpkdfmtjapanese x-euc-jp
        50220 iso-2022-jp csiso2022jp
        932 shift_jis shift-jis sjis x-sjis ms932 ms_kanji windows-31j csshiftjis cp932
        949 euc-kr euckr cseuckr csksc56011987 ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 korean windows-949 cp949 iso-ir-149
        """;

    private static readonly Dictionary<string, (string Name, int CodePage)> Labels = Read();

    /// <summary>An encoding by any of its labels, or null. It decodes what is invalid as U+FFFD.</summary>
    public static Charset? Find(ReadOnlySpan<char> label)
    {
        label = label.Trim(" \t\r\n\f\"'");
        return Labels.TryGetValue(label.ToString().ToLowerInvariant(), out (string Name, int CodePage) found) ? new Charset(found.Name, Get(found.CodePage)) : null;
    }

    private static Encoding Get(int codePage) => codePage switch
    {
        65001 => new UTF8Encoding(false),
        1200 => Encoding.Unicode,
        1201 => Encoding.BigEndianUnicode,
        _ => CodePagesEncodingProvider.Instance.GetEncoding(codePage, EncoderFallback.ReplacementFallback, new DecoderReplacementFallback("\uFFFD"))!,
    };

    private static Dictionary<string, (string Name, int CodePage)> Read()
    {
        var labels = new Dictionary<string, (string, int)>(StringComparer.Ordinal);
        foreach (string line in Table.Split('\n', StringSplitOptions.TrimEntries))
        {
            string[] words = line.Split(' ');
            foreach (string label in words.AsSpan(1))
                labels.Add(label, (words[1], int.Parse(words[0], null)));
        }
        return labels;
    }
}

/// <summary>An encoding with the name that standards give it.</summary>
internal sealed record Charset(string Name, Encoding Encoding);
