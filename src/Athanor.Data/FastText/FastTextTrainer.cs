using System.Buffers;
using System.Text;
using Athanor.Data.Sampling;

namespace Athanor.Data.FastText;

/// <summary>
/// Trains classifiers as <c>fasttext supervised</c> does: stochastic gradient descent an example at a time, the learning rate falling linearly with the words seen. Unlike it, each epoch goes over the
/// examples in an order of its own, so they may come sorted by label, and one thread makes the same model every time.
/// </summary>
public sealed class FastTextTrainer : IDisposable
{
    private static readonly SearchValues<char> LabelEnds = SearchValues.Create(" \t\r\n\v\f\0");
    private readonly FastTextOptions _options;
    private readonly FastTextCounts _counts = new();
    private readonly ExampleSpool _examples;
    private readonly FastTextInput _cutter;
    private byte[] _text = new byte[1 << 12];

    /// <summary>A trainer that saw nothing.</summary>
    /// <param name="folder">Takes the examples until the trainer is disposed of.</param>
    /// <exception cref="ArgumentException">The options are impossible.</exception>
    public FastTextTrainer(FastTextOptions options, string folder)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Dimensions < 1 || options.Epochs < 1 || options.MinCount < 1 || options.WordNgrams < 1 || options.MinCharacters < 0 || options.MaxCharacters < 0 || options.UpdateRate < 1)
            throw new ArgumentException("Sizes and counts are at least 1.", nameof(options));
        if (options.Loss == FastTextLoss.NegativeSampling)
            throw new ArgumentException("Classifiers are not trained by negative sampling here; take one_vs_all.", nameof(options));
        if (options.Hashes && options.Buckets < 1)
            throw new ArgumentException("N-grams need buckets.", nameof(options));
        // As fasttext has it: buckets that nothing is hashed into are not there.
        _options = options.Hashes ? options : options with { Buckets = 0 };
        _examples = new ExampleSpool(folder);
        _cutter = new FastTextInput(new FastTextDictionary([], [0], [], 0, 0, null, new FastTextOptions()), new FastTextOptions());
    }

    /// <summary>Examples added.</summary>
    public int Examples => _examples.Count;

    /// <summary>Words, ends of examples and labels added.</summary>
    public long Tokens => _counts.Tokens;

    /// <summary>The mean loss of the last epoch.</summary>
    public double Loss { get; private set; }

    /// <summary>Adds an example; ends of lines are spaces. Only the first 16 MiB are taken.</summary>
    public void Add(string label, ReadOnlySpan<char> text)
    {
        if (string.IsNullOrEmpty(label) || label.AsSpan().IndexOfAny(LabelEnds) >= 0)
            throw new InvalidDataException($"'{label}' cannot be a label: it is empty or has white space.");
        int most = Encoding.UTF8.GetMaxByteCount(Math.Min(text.Length, FastTextInput.MostBytes / 3));
        if (_text.Length < most)
            _text = new byte[most];
        ReadOnlySpan<byte> bytes = _text.AsSpan(0, Encoding.UTF8.GetBytes(text[..Math.Min(text.Length, FastTextInput.MostBytes / 3)], _text));
        int number = _counts.Add(label);
        ReadOnlySpan<WordMark> marks = _cutter.Cut(bytes);
        foreach (WordMark mark in marks[..^1])
            _counts.Add(bytes.Slice(mark.Start, mark.Length), mark.Hash);
        _counts.Add(FastTextDictionary.LineEnd, marks[^1].Hash);
        _examples.Add(number, bytes);
    }

    /// <summary>Trains on all examples.</summary>
    /// <param name="progress">Takes words done, of <see cref="FastTextOptions.Epochs"/> × <see cref="Tokens"/>.</param>
    /// <exception cref="InvalidDataException">There are no two labels, or the numbers grew beyond all bounds.</exception>
    public FastTextModel Train(Action<long>? progress = null, CancellationToken cancellation = default)
    {
        _examples.Seal();
        FastTextDictionary dictionary = _counts.Finish(_options, out int[] labels);
        if (labels.Length < 2)
            throw new InvalidDataException($"A classifier needs examples of two labels at least; there {(labels.Length == 0 ? "is none" : $"is only '{dictionary.LabelNames[0]}'")}.");
        long rows = (long)dictionary.Words + (_options.Hashes ? _options.Buckets : 0);
        if (rows * _options.Dimensions > Array.MaxLength)
            throw new InvalidDataException($"{rows} vectors of {_options.Dimensions} numbers are more than a model can hold ({Array.MaxLength} numbers). Raise min_count, or lower buckets or dimensions.");
        var input = new DenseRows((int)rows, _options.Dimensions);
        RandomRows.Fill(input.Values, 1f / _options.Dimensions, (ulong)_options.Seed);
        var output = new DenseRows(labels.Length, _options.Dimensions);
        output.Values.AsSpan().Clear();
        var model = new FastTextModel(_options, dictionary, input, output);
        var update = new FastTextUpdate(model, input, output);
        var reader = new FastTextInput(dictionary, _options);
        double total = (double)Tokens * _options.Epochs;
        long done = 0, waiting = 0;
        float rate = (float)_options.LearningRate;
        for (int epoch = 0; epoch < _options.Epochs; epoch++)
        {
            var order = new IndexPermutation(_examples.Count, (ulong)_options.Seed + (ulong)epoch);
            double loss = 0;
            for (int i = 0; i < _examples.Count; i++)
            {
                ReadOnlySpan<byte> text = _examples.Read((int)order[i], out int label);
                ReadOnlySpan<int> features = reader.Rows(text);
                if (features.Length > 0)
                    loss += update.Step(features, labels[label], rate);
                waiting += reader.Words + 1;
                if (waiting > _options.UpdateRate)
                {
                    done += waiting;
                    waiting = 0;
                    rate = (float)(_options.LearningRate * Math.Max(0, 1 - (done / total)));
                }
                if (i % 256 == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                    progress?.Invoke(done);
                }
            }
            Loss = loss / _examples.Count;
            if (!double.IsFinite(Loss))
                throw new InvalidDataException($"Training ran away: the loss of epoch {epoch + 1} is no number. Lower learning_rate, which is {_options.LearningRate}.");
        }
        return model;
    }

    /// <inheritdoc/>
    public void Dispose() => _examples.Dispose();
}
