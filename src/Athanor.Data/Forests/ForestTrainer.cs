using System.Runtime.InteropServices;

namespace Athanor.Data.Forests;

/// <summary>Grows random forests (Breiman 2001), trees side by side. The forest depends on the examples, their order and the seed, never on the number of threads.</summary>
public sealed class ForestTrainer
{
    private readonly ForestOptions _options;
    private readonly IReadOnlyList<string> _fields;
    private readonly List<float> _features = [];
    private readonly List<int> _classes = [];
    private readonly List<string> _labels = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private int _width;

    /// <summary>A trainer that saw nothing.</summary>
    /// <param name="fields">Names of what holds the features, kept with the forest.</param>
    /// <exception cref="ArgumentException">The options are impossible.</exception>
    public ForestTrainer(ForestOptions options, IReadOnlyList<string> fields)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Trees < 1 || options.MaxDepth < 1 || options.MinLeaf < 1 || options.FeaturesPerSplit < 0)
            throw new ArgumentException("Trees, depth and leaves are at least 1.", nameof(options));
        (_options, _fields) = (options, fields);
    }

    /// <summary>Examples added.</summary>
    public int Examples => _classes.Count;

    /// <summary>Numbers of each example.</summary>
    public int Features => _width;

    /// <summary>Adds an example.</summary>
    /// <exception cref="InvalidDataException">It has another number of features than those before it, one is not finite, or there are too many.</exception>
    public void Add(string label, ReadOnlySpan<float> features)
    {
        if (Examples == 0)
            _width = features.Length;
        if (features.Length != _width || _width == 0)
            throw new InvalidDataException($"An example has {features.Length} features; the first has {_width}, and one is needed.");
        foreach (float feature in features)
        {
            if (!float.IsFinite(feature))
                throw new InvalidDataException("A feature is infinite or no number.");
        }
        if (_features.Count > Array.MaxLength - _width)
            throw new InvalidDataException($"{Examples} examples of {_width} features are more than a forest can be grown on ({Array.MaxLength} numbers). Take a sample.");
        if (!_numbers.TryGetValue(label, out int number))
        {
            _numbers.Add(label, number = _labels.Count);
            _labels.Add(label);
        }
        _classes.Add(number);
        _features.AddRange(features);
    }

    /// <summary>Grows the forest.</summary>
    /// <exception cref="InvalidDataException">There are no examples of two labels.</exception>
    public RandomForest Train(Action<int>? progress = null, CancellationToken cancellation = default)
    {
        if (_labels.Count < 2)
            throw new InvalidDataException($"A forest needs examples of two labels at least; there {(_labels.Count == 0 ? "is none" : $"is only '{_labels[0]}'")}.");
        var examples = new ForestExamples([.. CollectionsMarshal.AsSpan(_features)], [.. _classes], _width, _labels.Count);
        var trees = new ForestTree[_options.Trees];
        int done = 0;
        Parallel.For(0, trees.Length, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, tree =>
        {
            ulong seed = ((ulong)_options.Seed * 0x9E3779B97F4A7C15) ^ ((ulong)tree << 32);
            trees[tree] = new TreeGrower(examples, _options).Grow(seed, cancellation);
            progress?.Invoke(Interlocked.Increment(ref done));
        });
        return new RandomForest([.. _labels], _fields, _width, trees);
    }
}
