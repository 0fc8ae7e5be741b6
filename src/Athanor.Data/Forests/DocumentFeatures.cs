using System.Globalization;
using System.Text.Json;
using Athanor.Data.Documents;
using Athanor.Data.Quality;

namespace Athanor.Data.Forests;

/// <summary>
/// The numbers of documents that a forest looks at: metadata (<c>"words": 120</c>, <c>"embedding": [0.1, -0.3]</c>), and signals of quality that are computed from the text
/// (<c>signals.datatrove</c> for all of a family, <c>signals.text.word_entropy</c> for one). For one thread.
/// </summary>
internal sealed class DocumentFeatures
{
    /// <summary>Stands in front of signals.</summary>
    public const string Signals = "signals.";

    private readonly IReadOnlyList<string> _fields;
    private readonly QualityFilter? _quality;
    private readonly int[][] _places;
    private readonly float[] _values;

    /// <exception cref="InvalidDataException">There is no signal or family of that name.</exception>
    public DocumentFeatures(IReadOnlyList<string> fields)
    {
        _fields = fields;
        string[] wanted = [.. fields.Where(field => field.StartsWith(Signals, StringComparison.Ordinal)).Select(field => field[Signals.Length..])];
        if (wanted.Length > 0)
            _quality = new QualityFilter(new QualityPlan([.. wanted.Where(name => name.Contains('.', StringComparison.Ordinal)).Select(name => new QualityRule(name))], new C4Rules(), wanted.Where(name => !name.Contains('.', StringComparison.Ordinal))));
        IReadOnlyList<string> names = _quality?.Signals ?? [];
        _values = new float[names.Count];
        _places = [.. fields.Select(field => !field.StartsWith(Signals, StringComparison.Ordinal) ? []
            : Enumerable.Range(0, names.Count).Where(place => names[place] == field[Signals.Length..] || names[place].StartsWith(field[Signals.Length..] + ".", StringComparison.Ordinal)).ToArray())];
    }

    /// <summary>The numbers of a document, one after another.</summary>
    /// <exception cref="InvalidDataException">A field is missing or holds something else.</exception>
    public void Read(Document document, List<float> features)
    {
        features.Clear();
        if (_quality is not null)
        {
            // Some families change the text; what the forest judges stays as it is.
            Document measured = document;
            _quality.Apply(ref measured, _values);
        }
        for (int i = 0; i < _fields.Count; i++)
        {
            foreach (int place in _places[i])
                features.Add(float.IsFinite(_values[place]) ? _values[place] : 0);
            if (_places[i].Length == 0)
                Read(document, _fields[i], features);
        }
    }

    private static void Read(Document document, string field, List<float> features)
    {
        string value = document.Metadata.GetValueOrDefault(field) ?? throw new InvalidDataException($"The document '{document.Id}' has no metadata '{field}' that features names.");
        if (float.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number))
            features.Add(number);
        else if (!TryList(value, features))
            throw new InvalidDataException($"The metadata '{field}' of the document '{document.Id}' is no number and no list of numbers.");
    }

    private static bool TryList(string value, List<float> features)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(value);
            if (json.RootElement.ValueKind != JsonValueKind.Array)
                return false;
            foreach (JsonElement element in json.RootElement.EnumerateArray())
            {
                if (element.ValueKind != JsonValueKind.Number || !element.TryGetSingle(out float number) || !float.IsFinite(number))
                    return false;
                features.Add(number);
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
