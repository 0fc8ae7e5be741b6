using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Athanor.Serving.Protocol;

/// <summary>JSON of the endpoints, generated at compile time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(ChatBody))]
[JsonSerializable(typeof(CompletionBody))]
[JsonSerializable(typeof(EmbeddingBody))]
[JsonSerializable(typeof(TokenizeBody))]
[JsonSerializable(typeof(DetokenizeBody))]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(ChatAnswerBody))]
[JsonSerializable(typeof(ChatChunkBody))]
[JsonSerializable(typeof(CountedChatChunkBody))]
[JsonSerializable(typeof(CompletionAnswerBody))]
[JsonSerializable(typeof(CountedCompletionAnswerBody))]
[JsonSerializable(typeof(EmbeddingList))]
[JsonSerializable(typeof(TokenizeAnswer))]
[JsonSerializable(typeof(DetokenizeAnswer))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(ModelEntry))]
[JsonSerializable(typeof(HealthBody))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>The context that writes letters as letters: answers are sent as JSON, never inside of HTML.</summary>
    public static ApiJson Api => field ??= new ApiJson(new JsonSerializerOptions(Default.GeneratedSerializerOptions!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
