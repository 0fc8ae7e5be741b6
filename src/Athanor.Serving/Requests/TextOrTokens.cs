using System.Globalization;
using System.Text.Json;
using Athanor.Serving.Protocol;
using Athanor.Tokenizers;

namespace Athanor.Serving.Requests;

/// <summary>Reads what OpenAI takes as prompt and as input: a text, a list of texts, a list of tokens, or a list of such lists.</summary>
internal static class TextOrTokens
{
    public static List<int[]> Read(JsonElement field, string name, int most, Func<string, int[]> encode, Tokenizer tokenizer)
    {
        if (field.ValueKind == JsonValueKind.String)
            return [encode(Field.Text(field, name))];
        if (field.ValueKind != JsonValueKind.Array)
            throw ApiException.Invalid($"'{name}' has to be a string, a list of strings, a list of token ids, or a list of such lists.", name);
        int count = field.GetArrayLength();
        if (count == 0)
            throw ApiException.Invalid($"'{name}' is empty.", name);
        if (field[0].ValueKind == JsonValueKind.Number)
            return [Tokens(field, name, tokenizer)];
        if (count > most)
            throw ApiException.Invalid(string.Create(CultureInfo.InvariantCulture, $"'{name}' has {count} entries; at most {most} are taken."), name);
        var read = new List<int[]>(count);
        foreach (JsonElement one in field.EnumerateArray())
        {
            string place = $"{name}[{read.Count}]";
            read.Add(one.ValueKind == JsonValueKind.Array ? Tokens(one, place, tokenizer) : encode(Field.Text(one, place)));
        }
        return read;
    }

    private static int[] Tokens(JsonElement list, string name, Tokenizer tokenizer)
    {
        int[] ids = new int[list.GetArrayLength()];
        int at = 0;
        foreach (JsonElement one in list.EnumerateArray())
        {
            int id = Field.Token(one, $"{name}[{at}]");
            if (!tokenizer.Contains(id))
                throw ApiException.Invalid(string.Create(CultureInfo.InvariantCulture, $"'{name}[{at}]': the model has no token {id}."), name);
            ids[at++] = id;
        }
        return ids;
    }
}
