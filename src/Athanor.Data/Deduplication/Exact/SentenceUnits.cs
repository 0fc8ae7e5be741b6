using Athanor.Data.Deduplication.MinHash;
using Athanor.Data.Documents;
using Athanor.Data.Steps;

namespace Athanor.Data.Deduplication.Exact;

/// <summary>
/// Spans of n sentences (or lines), each begun one sentence later than the last, compared as folded words: of any that stands twice, all but the first go
/// (Raffel et al. 2020, C4; datatrove's sentence deduplication). Documents of fewer sentences have none.
/// </summary>
internal sealed class SentenceUnits(int sentences, bool lines) : ITextUnits
{
    private readonly WordScanner _words = new(CharacterFolds.Datatrove);
    private readonly List<byte> _joined = [];

    public List<TextUnit128> Cut(Document document)
    {
        string text = document.Text;
        List<TextSpan> spans = lines ? Lines(text) : SentenceSpans.Of(text);
        var units = new List<TextUnit128>();
        if (spans.Count < sentences)
            return units;
        byte[][] folded = [.. spans.Select(span => Fold(text.AsSpan(span.Start, span.Length)))];
        for (int i = 0; i + sentences <= spans.Count; i++)
        {
            _joined.Clear();
            bool any = false;
            for (int k = i; k < i + sentences; k++)
            {
                if (k > i)
                    _joined.Add((byte)' ');
                _joined.AddRange(folded[k]);
                any |= folded[k].Length > 0;
            }
            int end = spans[i + sentences - 1].Start + spans[i + sentences - 1].Length;
            if (any)
                units.Add(new(XxHash64.Wide(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_joined)), new TextSpan(spans[i].Start, end - spans[i].Start)));
        }
        return units;
    }

    public static int Count(string text, bool lines) => lines ? Lines(text).Count : SentenceSpans.Of(text).Count;

    private byte[] Fold(ReadOnlySpan<char> sentence)
    {
        _words.Scan(sentence);
        return _words.Bytes.ToArray();
    }

    private static List<TextSpan> Lines(string text)
    {
        var spans = new List<TextSpan>();
        for (int at = 0; at < text.Length;)
        {
            int end = text.IndexOf('\n', at) is >= 0 and int line ? line + 1 : text.Length;
            spans.Add(new TextSpan(at, end - at));
            at = end;
        }
        return spans;
    }
}
