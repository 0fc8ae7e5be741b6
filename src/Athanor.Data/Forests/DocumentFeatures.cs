using System.Globalization;
using System.Text.Json;
using Athanor.Data.Documents;

namespace Athanor.Data.Forests;

/// <summary>Numbers in the metadata of documents: <c>"words": 120</c>, <c>"embedding": [0.1, -0.3]</c>.</summary>
internal static class DocumentFeatures
{
    /// <summary>The numbers of some metadata, one after another.</summary>
    /// <exception cref="InvalidDataException">A field is missing or holds something else.</exception>
    public static void Read(Document document, IReadOnlyList<string> fields, List<float> features)
    {
        features.Clear();
        foreach (string field in fields)
        {
            string value = document.Metadata.GetValueOrDefault(field) ?? throw new InvalidDataException($"The document '{document.Id}' has no metadata '{field}' that features names.");
            if (float.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number))
                features.Add(number);
            else if (!TryList(value, features))
                throw new InvalidDataException($"The metadata '{field}' of the document '{document.Id}' is no number and no list of numbers.");
        }
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
