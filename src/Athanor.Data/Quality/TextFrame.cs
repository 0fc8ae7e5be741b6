using Athanor.Data.Segmentation;
using Athanor.Data.Steps;

namespace Athanor.Data.Quality;

/// <summary>A text with its words and lines, each found when first asked for and kept until the text changes. Buffers serve the next text too; a worker has its own.</summary>
internal sealed class TextFrame
{
    private readonly SpaceWords _spaces = new();
    private readonly EnglishWords _english = new();
    private EnglishCounter? _counter;
    private readonly WordTable _spaced = new(), _englishTable = new(), _unicodeTable = new();
    private readonly LineTable _lines = new(), _splitLines = new();
    private bool _hasSpaced, _hasEnglish, _hasUnicode, _hasLines, _hasSplitLines;
    private int _points = -1, _englishCount = -1;

    public string Text { get; private set; } = "";

    public NGramCounter NGrams { get; } = new();

    public RepeatFinder Repeats { get; } = new();

    /// <summary>Lines and paragraphs of a family's own sense.</summary>
    public LineTable OtherLines { get; } = new();

    /// <summary>Code points of the text, which is what Python calls its length.</summary>
    public int Points => _points >= 0 ? _points : _points = SpaceWords.CodePoints(Text);

    /// <summary>Words between white space.</summary>
    public WordTable Spaced
    {
        get
        {
            if (!_hasSpaced)
            {
                _spaced.Clear();
                _spaces.Scan(Text, _spaced);
                _hasSpaced = true;
            }
            return _spaced;
        }
    }

    /// <summary>Words as spaCy's blank English pipeline makes them.</summary>
    public WordTable English
    {
        get
        {
            if (!_hasEnglish)
            {
                _englishTable.Clear();
                _english.Split(Text, Spaced, _englishTable);
                _hasEnglish = true;
            }
            return _englishTable;
        }
    }

    /// <summary>Sums over <see cref="English"/>, which is not made for them where nobody has asked for it.</summary>
    public EnglishTotals EnglishTotals
    {
        get
        {
            if (!_hasEnglish)
                return (_counter ??= new EnglishCounter()).Count(Text);
            WordCounts counts = WordCounts.Of(_englishTable);
            return new EnglishTotals(_englishTable.Count, counts.Solid, counts.SolidPoints, counts.Alphabetic, counts.DistinctStopWords(_englishTable));
        }
    }

    /// <summary>Words of UAX 29 that begin with a letter or digit.</summary>
    public WordTable Unicode
    {
        get
        {
            if (!_hasUnicode)
            {
                _unicodeTable.Clear();
                UnicodeWords.Scan(Text, _unicodeTable);
                _hasUnicode = true;
            }
            return _unicodeTable;
        }
    }

    /// <summary>Lines between line feeds.</summary>
    public LineTable Lines
    {
        get
        {
            if (!_hasLines)
            {
                _lines.Split(Text);
                _hasLines = true;
            }
            return _lines;
        }
    }

    /// <summary>Lines as Python's <c>str.splitlines</c> has them.</summary>
    public LineTable SplitLines
    {
        get
        {
            if (!_hasSplitLines)
            {
                _splitLines.SplitLines(Text);
                _hasSplitLines = true;
            }
            return _splitLines;
        }
    }

    /// <summary>Splits a part of a text into English words with gaps, into a table of the caller's.</summary>
    public void SplitEnglish(ReadOnlySpan<char> part, WordTable spaced, WordTable words)
    {
        spaced.Clear();
        words.Clear();
        SpaceWords.ScanWithGaps(part, spaced);
        _english.Split(part, spaced, words);
    }

    /// <summary>How many English words there are.</summary>
    public int EnglishCount => _englishCount >= 0 ? _englishCount : English.Count;

    /// <summary>Takes a text of which the number of its English words is known.</summary>
    public void Set(string text, int englishWords)
    {
        Set(text);
        _englishCount = englishWords;
    }

    /// <summary>Takes a text; the same string again keeps what is known of it.</summary>
    public void Set(string text)
    {
        if (ReferenceEquals(text, Text))
            return;
        Text = text;
        _hasSpaced = _hasEnglish = _hasUnicode = _hasLines = _hasSplitLines = false;
        _points = _englishCount = -1;
    }

    /// <summary>Code points of a part of the text.</summary>
    public int PointsOf(int start, int length) => Points == Text.Length ? length : SpaceWords.CodePoints(Text.AsSpan(start, length));

    /// <summary>The place of an n-gram.</summary>
    public static TextSpan SpanOf(WordTable words, int first, int count)
    {
        int last = first + count - 1;
        return first < 0 || last >= words.Count ? default : new TextSpan(words.Starts[first], words.Starts[last] + words.Units[last] - words.Starts[first]);
    }
}
