using System.Buffers;

namespace Athanor.Data.Charsets;

/// <summary>
/// Guesses the encoding of text that says nothing about it: each candidate decodes a sample, and the one whose characters are, beyond ASCII, most often frequent ones of its
/// languages wins. Characters that are no text count against it. windows-1252 where none convinces.
/// </summary>
internal static class CharsetDetector
{
    private const int Sample = 1 << 15, Least = 4;
    private const double Convincing = 0.4;

    /// <summary>Encoding; frequent characters beyond ASCII; which share of a text's they are, about.</summary>
    private static readonly Candidate[] Candidates =
    [
        New("windows-1252", "\u00e9\u00e8\u00e0\u00f9\u00e2\u00ea\u00ee\u00f4\u00fb\u00e7\u00e4\u00f6\u00fc\u00df\u00f3\u00f1\u00ed\u00e1\u00fa\u00f5\u00e3\u00f8\u00e5\u00e6\u00c4\u00d6\u00dc\u00c9\u201c\u201d\u2019\u2018\u2013\u2014\u2026\u00a9\u00ab\u00bb\u00a0\u00b7\u00b0\u2022\u20ac\u00eb\u00ef\u00c0\u00d8\u00c5\u00f0\u00fe", 0.9),
        New("shift_jis", Japanese, 0.6), New("euc-jp", Japanese, 0.6), New("euc-kr", Korean, 0.4), New("gb18030", Simplified, 0.25), New("big5", Traditional, 0.25),
        New("windows-1251", "\u043e\u0435\u0430\u0438\u043d\u0442\u0441\u0440\u0432\u043b\u043a\u043c\u0434\u043f\u0443", 0.8), New("koi8-r", "\u043e\u0435\u0430\u0438\u043d\u0442\u0441\u0440\u0432\u043b\u043a\u043c\u0434\u043f\u0443", 0.8),
        New("ibm866", "\u043e\u0435\u0430\u0438\u043d\u0442\u0441\u0440\u0432\u043b\u043a\u043c\u0434\u043f\u0443", 0.8), New("iso-8859-5", "\u043e\u0435\u0430\u0438\u043d\u0442\u0441\u0440\u0432\u043b\u043a\u043c\u0434\u043f\u0443", 0.8),
        New("windows-1253", "\u03b1\u03bf\u03b9\u03b5\u03c4\u03c3\u03bd\u03b7\u03c5\u03c1\u03c0\u03ba\u03bc\u03bb\u03c2\u03af\u03cc\u03ac\u03ad", 0.85), New("windows-1255", "\u05d9\u05d5\u05d4\u05dc\u05d0\u05e8\u05ea\u05d1\u05e9\u05de\u05e0", 0.8),
        New("windows-1256", "\u0627\u0644\u064a\u0645\u0648\u0646\u0631\u062a\u0628\u0629\u0639\u062f\u0633", 0.8), New("windows-874", "\u0e32\u0e19\u0e23\u0e01\u0e2d\u0e40\u0e07\u0e48\u0e49\u0e21\u0e22\u0e25\u0e27\u0e14\u0e17\u0e2a\u0e15\u0e30\u0e1b\u0e1a\u0e31\u0e35\u0e34", 0.8),
        New("windows-1250", "\u0105\u0119\u0142\u015b\u017c\u017a\u0107\u0144\u00f3\u011b\u0161\u010d\u0159\u017e\u00fd\u00e1\u00ed\u00e9\u016f\u00fa\u0151\u0171\u00f6\u00fc", 0.97), New("iso-8859-2", "\u0105\u0119\u0142\u015b\u017c\u017a\u0107\u0144\u00f3\u011b\u0161\u010d\u0159\u017e\u00fd\u00e1\u00ed\u00e9\u016f\u00fa\u0151\u0171\u00f6\u00fc", 0.97),
        New("windows-1254", "\u0131\u011f\u015f\u0130\u00e7\u00f6\u00fc\u00c7\u00d6\u00dc\u015e", 0.97),
    ];

    private const string Japanese = "\u3044\u3046\u304a\u304b\u304c\u304d\u304f\u3051\u3053\u3055\u3057\u3059\u305b\u305d\u305f\u3060\u3063\u3066\u3067\u3068\u306a\u306b\u306e\u306f\u307e\u3082\u3088\u3089\u308a\u308b\u308c\u308f\u3092\u3093\u30a2\u30a4\u30af\u30b3\u30b7\u30b9\u30bf\u30c8\u30c9\u30d5\u30e9\u30ea\u30eb\u30ec\u30ed\u30f3\u30fc\u3001\u3002";
    private const string Korean = "\uc774\ub2e4\ub294\uc744\uc758\uc5d0\uac00\uace0\ud55c\uc9c0\ub85c\ud558\uc740\uae30\ub97c\uc2dc\ub3c4\uc0ac\uc790\uc778\uc5b4\ub300\uc788\uc815\uc11c\ud574\ub9ac\uadf8\ub098\uc544\uc5d0\uc218\uac83\uacfc\ub4e4\uc640\ub9cc\uc77c\ubd80\uc81c\uc804\uc694\uc0c1\ub9c8\uc8fc\uad6d\uac8c\ub77c\uc73c\ub2c8";
    private const string Simplified = "\u7684\u4e00\u662f\u4e0d\u4e86\u5728\u4eba\u6709\u6211\u4ed6\u8fd9\u4e2a\u4eec\u4e2d\u6765\u4e0a\u5927\u4e3a\u548c\u56fd\u5730\u5230\u4ee5\u8bf4\u65f6\u8981\u5c31\u51fa\u4f1a\u53ef\u4e5f\u4f60\u5bf9\u751f\u80fd\u800c\u5b50\u90a3\u5f97\u4e8e\u7740\u4e0b\u81ea\u4e4b\u5e74\u8fc7\u53d1\u540e\u4f5c\u91cc\uff0c\u3002\u65b0\u65e5\u6708\u5b66";
    private const string Traditional = "\u7684\u4e00\u662f\u4e0d\u4e86\u5728\u4eba\u6709\u6211\u4ed6\u9019\u500b\u5011\u4e2d\u4f86\u4e0a\u5927\u70ba\u548c\u570b\u5730\u5230\u4ee5\u8aaa\u6642\u8981\u5c31\u51fa\u6703\u53ef\u4e5f\u4f60\u5c0d\u751f\u80fd\u800c\u5b50\u90a3\u5f97\u65bc\u8457\u4e0b\u81ea\u4e4b\u5e74\u904e\u767c\u5f8c\u4f5c\u88e1\uff0c\u3002\u65b0\u65e5\u6708\u5b78";

    /// <summary>The likeliest encoding of bytes that are not UTF-8.</summary>
    public static Charset Detect(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, 1 << 20)];
        byte[] sample = ArrayPool<byte>.Shared.Rent(Sample);
        char[] text = ArrayPool<char>.Shared.Rent(Sample);
        try
        {
            Span<byte> high = sample.AsSpan(0, TakeHigh(bytes, sample.AsSpan(0, Sample)));
            double dense = Dense(high);
            (Candidate Candidate, double Score) best = (Candidates[0], Convincing);
            foreach (Candidate candidate in Candidates)
            {
                double score = Score(candidate, text.AsSpan(0, candidate.Charset.Encoding.GetChars(high, text))) * (candidate.Latin ? 1 - dense : 1);
                if (score > best.Score)
                    best = (candidate, score);
            }
            return best.Candidate.Charset;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(sample);
            ArrayPool<char>.Shared.Return(text);
        }
    }

    /// <summary>Takes the runs beyond ASCII, each with the byte behind it, which may be the second of a character.</summary>
    private static int TakeHigh(ReadOnlySpan<byte> bytes, Span<byte> sample)
    {
        int taken = 0;
        while (taken < sample.Length - 1 && bytes.IndexOfAnyInRange((byte)0x80, (byte)0xFF) is >= 0 and int at)
        {
            bytes = bytes[at..];
            int length = 0;
            while (length < bytes.Length && bytes[length] >= 0x80)
                length++;
            // Shift_JIS, GBK and Big5 have letters for second bytes, so a lone ASCII byte may be within a run.
            while (length + 1 < bytes.Length && bytes[length] >= 0x40 && bytes[length + 1] >= 0x80)
            {
                length += 2;
                while (length < bytes.Length && bytes[length] >= 0x80)
                    length++;
            }
            int take = Math.Min(Math.Min(length + 1, bytes.Length), sample.Length - taken - 1);
            bytes[..take].CopyTo(sample[taken..]);
            taken += take;
            sample[taken++] = (byte)'\n';
            bytes = bytes[take..];
        }
        return taken;
    }

    /// <summary>The share of bytes in runs of three and more. Letters beyond ASCII stand alone in Latin scripts.</summary>
    private static double Dense(ReadOnlySpan<byte> sample)
    {
        int all = 0, dense = 0, run = 0;
        foreach (byte b in sample)
        {
            run = b >= 0x80 ? run + 1 : 0;
            all += b >= 0x80 ? 1 : 0;
            dense += run > 3 ? 1 : run == 3 ? 3 : 0;
        }
        return (double)dense / Math.Max(1, all);
    }

    private static double Score(Candidate candidate, ReadOnlySpan<char> text)
    {
        int all = 0, frequent = 0, wrong = 0;
        foreach (char c in text)
        {
            if (c < 0x80)
                continue;
            all++;
            if (candidate.Frequent.Contains(c))
                frequent++;
            else if (c is '\uFFFD' or (>= '\u0080' and <= '\u009F') or (>= '\uE000' and <= '\uF8FF'))
                wrong++;
        }
        return all < Least && !candidate.Latin ? 0 : ((double)frequent - 4 * wrong) / Math.Max(1, all) / candidate.Share;
    }

    private static Candidate New(string label, string frequent, double share) => new(CharsetLabels.Find(label)!, SearchValues.Create(frequent), share);

    private sealed record Candidate(Charset Charset, SearchValues<char> Frequent, double Share)
    {
        public bool Latin => Share >= 0.9;
    }
}
