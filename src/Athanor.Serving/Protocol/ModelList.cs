namespace Athanor.Serving.Protocol;

/// <summary>The answer of <c>/v1/models</c>.</summary>
internal sealed record ModelList(string Object, IReadOnlyList<ModelEntry> Data);

internal sealed record ModelEntry(string Id, string Object, long Created, string OwnedBy, string Root, string? Parent, int MaxModelLen);

/// <summary>The answer of <c>/health</c>.</summary>
internal sealed record HealthBody(string Status);
