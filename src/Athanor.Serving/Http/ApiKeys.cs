using System.Security.Cryptography;
using System.Text;

namespace Athanor.Serving.Http;

/// <summary>Whom the server lets in. Keys are kept and compared as hashes, each one every time, so that neither memory nor time tells of them.</summary>
internal sealed class ApiKeys
{
    private readonly byte[][] _hashes;

    public ApiKeys(IEnumerable<string> keys) => _hashes = [.. keys.Select(Hash)];

    /// <summary>Whether anyone is let in.</summary>
    public bool IsEmpty => _hashes.Length == 0;

    public bool Contains(string? key)
    {
        if (string.IsNullOrEmpty(key))
            return false;
        byte[] hash = Hash(key);
        bool found = false;
        foreach (byte[] known in _hashes)
            found |= CryptographicOperations.FixedTimeEquals(known, hash);
        return found;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
