using System.Globalization;
using Athanor.Models.Configuration;
using Athanor.Tensors;

namespace Athanor.Inference.Gguf;

/// <summary>Reads the keys of an architecture; what is wrong is gathered, so that a file's problems are told at once.</summary>
internal sealed class GgufArchitectureReader(GgufFile file, string architecture)
{
    private const int Largest = 1 << 24;
    // Say nothing of the computation, or are checked elsewhere.
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal) { $"{architecture}.rope.scaling.finetuned", $"{architecture}.tensor_data_layout" };

    public GgufFile File => file;

    public List<string> Problems { get; } = [];

    public int Size(string name, int? otherwise = null)
    {
        string key = Key(name);
        if (file.GetInteger(key) is not { } value)
        {
            if (otherwise is null)
                Problems.Add($"the key '{key}' is missing");
            return otherwise ?? 1;
        }
        if (value is >= 1 and <= Largest)
            return (int)value;
        Problems.Add(string.Create(CultureInfo.InvariantCulture, $"'{key}' is {value}; 1 to {Largest} is possible"));
        return 1;
    }

    public double Number(string name, double otherwise) => file.GetNumber(Key(name)) ?? otherwise;

    /// <summary>Reports a key that is there with another value.</summary>
    public void Same(string name, long value, string meaning)
    {
        if (file.GetInteger(Key(name)) is { } given && given != value)
            Problems.Add(string.Create(CultureInfo.InvariantCulture, $"'{architecture}.{name}' is {given}; only {value} ({meaning}) is implemented"));
    }

    /// <summary>The rope scaling of the keys, or of the list of factors that Llama 3.1's has in its place.</summary>
    public RopeScaling? Scaling(ModelConfig sizes)
    {
        string kind = file.GetString(Key("rope.scaling.type")) ?? "none";
        double factor = Number("rope.scaling.factor", Number("rope.scale_linear", 1));
        int? original = file.GetInteger(Key("rope.scaling.original_context_length")) is { } length and > 0 and <= Largest ? (int)length : null;
        if (file.Find("rope_freqs.weight") is { } factors)
            return Llama3(sizes, factors, original);
        if (kind == "none" && factor is not (0 or 1))
            kind = "linear";
        switch (kind)
        {
            case "none":
                return null;
            case "linear":
                return new RopeScaling { Kind = RopeScalingKind.Linear, Factor = factor };
            case "yarn":
                return new RopeScaling { Kind = RopeScalingKind.Yarn, Factor = factor, OriginalContextLength = original };
            default:
                Problems.Add($"'{architecture}.rope.scaling.type' is '{kind}'; none, linear and yarn are implemented");
                return null;
        }
    }

    /// <summary>Reports keys that nobody asked for: they may change the computation.</summary>
    public void Finish()
    {
        foreach (string key in file.Keys)
        {
            if (!key.StartsWith($"{architecture}.", StringComparison.Ordinal) || _seen.Contains(key))
                continue;
            // A count or switch of nothing says that the feature is not there.
            bool absent = file.TypeOf(key) is { } type && (type == "Bool" ? file.GetBoolean(key) == false : type is "UInt32" or "Int32" or "UInt64" or "Float32" && file.GetNumber(key) == 0);
            if (!absent)
                Problems.Add($"the key '{key}' is not implemented");
        }
    }

    // Files hold only the quotients of the frequencies; the settings that make them are found again by trying.
    private RopeScaling? Llama3(ModelConfig sizes, GgufTensor tensor, int? original)
    {
        if (tensor.Shape is not [var count] || count != sizes.RotarySize / 2)
        {
            Problems.Add($"'rope_freqs.weight' has the shape [{string.Join(", ", tensor.Shape)}]; [{sizes.RotarySize / 2}] belongs there");
            return null;
        }
        var factors = new float[count];
        file.ReadRows(tensor, 0, factors);
        if (factors.All(factor => factor == 1))
            return null;
        foreach (int context in original is { } given ? [given] : (IEnumerable<int>)[8192, .. Enumerable.Range(5, 16).Select(power => 1 << power)])
        {
            foreach (double high in (double[])[4, 2, 8])
            {
                var scaling = new RopeScaling { Kind = RopeScalingKind.Llama3, Factor = Math.Round(factors.Max(), 4), OriginalContextLength = context, LowFrequencyFactor = 1, HighFrequencyFactor = high };
                float[] made = Factors(sizes with { RopeScaling = scaling });
                if (made.Zip(factors).All(pair => Math.Abs(pair.First - pair.Second) <= 1e-4 * pair.First))
                    return scaling;
            }
        }
        Problems.Add("'rope_freqs.weight' holds factors that no rope scaling of Llama 3's kind makes");
        return null;
    }

    /// <summary>By what each rotary frequency is divided (Llama 3).</summary>
    public static float[] Factors(ModelConfig config)
    {
        double[] plain = RotaryTable.Frequencies(config.RotarySize, config.RopeTheta);
        (double[] bent, _) = config.RopeScaling!.Apply(config.RotarySize, config.RopeTheta, config.ContextLength, config.ContextLength);
        return [.. plain.Zip(bent, (a, b) => (float)(a / b))];
    }

    private string Key(string name)
    {
        string key = $"{architecture}.{name}";
        _seen.Add(key);
        return key;
    }
}
