using System.Text.Json;
using Athanor.Data.Documents;

namespace Athanor.Data.Readers;

/// <summary>Reads <c>{"file":…,"offset":…}</c>, which documents carry from the file that they were first read from.</summary>
internal static class JsonOrigin
{
    /// <summary>Whether the object at which the reader stands is an origin. The reader is a copy.</summary>
    public static bool TryRead(Utf8JsonReader reader, ref DocumentOrigin? origin)
    {
        string? file = null;
        long? offset = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isFile = reader.ValueTextEquals("file"u8), isOffset = reader.ValueTextEquals("offset"u8);
            reader.Read();
            if (isFile && reader.TokenType == JsonTokenType.String)
                file = reader.GetString();
            else if (isOffset && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long number))
                offset = number;
            else
                reader.Skip();
        }
        if (file is null || offset is null)
            return false;
        origin = new DocumentOrigin(file, offset.Value);
        return true;
    }
}
