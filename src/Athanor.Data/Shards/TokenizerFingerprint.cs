using System.Security.Cryptography;
using Athanor.Tokenizers;

namespace Athanor.Data.Shards;

/// <summary>Names a tokenizer in token shards: the SHA-256 of its <c>tokenizer.json</c> as this library writes it.</summary>
public static class TokenizerFingerprint
{
    /// <summary>32 bytes.</summary>
    public static byte[] Of(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        using var json = new MemoryStream();
        tokenizer.WriteJson(json);
        return SHA256.HashData(json.GetBuffer().AsSpan(0, (int)json.Length));
    }
}
