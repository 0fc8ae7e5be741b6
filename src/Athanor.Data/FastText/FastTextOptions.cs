namespace Athanor.Data.FastText;

/// <summary>How a classifier's scores come from its outputs; the numbers are those of fastText's files.</summary>
public enum FastTextLoss
{
    /// <summary>A path through a Huffman tree of the labels: for hundreds of labels.</summary>
    HierarchicalSoftmax = 1,

    /// <summary>Read only: each label by itself against sampled ones.</summary>
    NegativeSampling = 2,

    /// <summary>One distribution over all labels.</summary>
    Softmax = 3,

    /// <summary>Each label by itself, for texts that have several.</summary>
    OneVsAll = 4,
}

/// <summary>What a classifier looks at and how it is trained; the defaults are those of <c>fasttext supervised</c>.</summary>
public sealed record FastTextOptions
{
    /// <summary>Numbers in the vector of a word.</summary>
    public int Dimensions { get; init; } = 100;

    /// <summary>Times that training goes over the examples.</summary>
    public int Epochs { get; init; } = 5;

    /// <summary>Words seen less often have no vector of their own.</summary>
    public int MinCount { get; init; } = 1;

    /// <summary>Longest run of words that has a vector; 2 for bigrams.</summary>
    public int WordNgrams { get; init; } = 1;

    /// <summary>How scores are made.</summary>
    public FastTextLoss Loss { get; init; } = FastTextLoss.Softmax;

    /// <summary>Vectors that runs of words and of characters share by their hash.</summary>
    public int Buckets { get; init; } = 2_000_000;

    /// <summary>Shortest run of characters within a word that has a vector.</summary>
    public int MinCharacters { get; init; }

    /// <summary>Longest run of characters within a word that has a vector; 0 for none.</summary>
    public int MaxCharacters { get; init; }

    /// <summary>The rate of the first step; it falls linearly to 0.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>Of the first vectors and of the order of examples.</summary>
    public long Seed { get; init; }

    /// <summary>Words between changes of the learning rate.</summary>
    public int UpdateRate { get; init; } = 100;

    /// <summary>Kept for other programs: the window of unsupervised models.</summary>
    public int Window { get; init; } = 5;

    /// <summary>Kept for other programs: labels sampled with <see cref="FastTextLoss.NegativeSampling"/>.</summary>
    public int Negatives { get; init; } = 5;

    /// <summary>Kept for other programs: the threshold by which unsupervised models leave frequent words out.</summary>
    public double Sampling { get; init; } = 1e-4;

    /// <summary>Whether anything is looked up by its hash.</summary>
    internal bool Hashes => WordNgrams > 1 || MaxCharacters > 0;
}

/// <summary>What becomes of the ends of lines, which end an example in fastText.</summary>
public enum LineEnds
{
    /// <summary>They are spaces, as FineWeb and DCLM have it.</summary>
    Space,

    /// <summary>They are taken out, which joins the words on both sides, as CCNet has it.</summary>
    Remove,
}
