using Athanor.Runs.Files;

namespace Athanor.Data.FastText;

/// <summary>
/// A text classifier of the fastText kind (Joulin et al. 2016, "Bag of Tricks for Efficient Text Classification"): the mean of the vectors of a text's words and runs of words, times one vector a label.
/// Its files are those of Facebook's fasttext. Can be shared by several threads; each has its own <see cref="FastTextClassifier"/>.
/// </summary>
public sealed class FastTextModel
{
    /// <summary>The file in a folder that a stage made.</summary>
    public const string FileName = "classifier.bin";

    internal FastTextModel(FastTextOptions options, FastTextDictionary dictionary, FastTextRows input, FastTextRows output)
    {
        (Options, Dictionary, Input, Output) = (options, dictionary, input, output);
        if (options.Loss == FastTextLoss.HierarchicalSoftmax)
            Tree = new HuffmanTree(dictionary.Counts.AsSpan(dictionary.Words));
    }

    /// <summary>What it looks at and how it was trained.</summary>
    public FastTextOptions Options { get; }

    /// <summary>Its labels, without the prefix <c>__label__</c>.</summary>
    public IReadOnlyList<string> Labels => Dictionary.LabelNames;

    /// <summary>The number of a label.</summary>
    /// <exception cref="InvalidDataException">The model has no such label; the message names those it has, and the file.</exception>
    internal int PlaceOf(string label, string path)
    {
        for (int i = 0; i < Labels.Count; i++)
        {
            if (Labels[i] == label)
                return i;
        }
        throw new InvalidDataException($"{path} has no label '{label}'; it has {string.Join(", ", Labels.Take(20))}{(Labels.Count > 20 ? ", …" : "")}.");
    }

    /// <summary>Words with a vector of their own.</summary>
    public int Words => Dictionary.Words;

    /// <summary>Bytes of its matrices.</summary>
    public long Bytes => Input.Bytes + Output.Bytes;

    /// <summary>Whether its vectors are rounded by product quantization.</summary>
    public bool IsQuantized => Input is QuantizedRows;

    internal FastTextDictionary Dictionary { get; }

    internal FastTextRows Input { get; }

    internal FastTextRows Output { get; }

    internal HuffmanTree? Tree { get; }

    /// <summary>Reads a file of fasttext (.bin, .ftz) or a folder that holds <see cref="FileName"/>.</summary>
    /// <exception cref="InvalidDataException">It is damaged or something else; the message says what.</exception>
    public static FastTextModel Load(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        if (!File.Exists(file))
            throw new InvalidDataException($"{path} is no classifier: a .bin or .ftz file of fasttext, or a folder with {FileName}. `train_classifier` makes one.");
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        return FastTextFile.Read(file, stream);
    }

    /// <summary>Reads a model from a stream that can be sought.</summary>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="InvalidDataException">It is damaged or something else; the message says what.</exception>
    public static FastTextModel Read(string name, Stream stream) => FastTextFile.Read(name, stream);

    /// <summary>Writes a file that fasttext reads.</summary>
    public void Save(string path) => AtomicFile.Write(path, stream => FastTextFile.Write(this, stream));

    /// <summary>Asks the model; one for each thread.</summary>
    public FastTextClassifier NewClassifier() => new(this);
}
