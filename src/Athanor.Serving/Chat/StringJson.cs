using System.Text.Json.Serialization;

namespace Athanor.Serving.Chat;

/// <summary>Strings of JSON that models wrote.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class StringJson : JsonSerializerContext;
