using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Athanor.Runs.Files;

namespace Athanor.Runs.Stages;

/// <summary>
/// Hashes of files that recipes name. Files of the same size and time of writing are not hashed again; the memory lies in <c>digests.json</c> of the
/// store and may be deleted.
/// </summary>
internal sealed class InputDigests
{
    /// <summary>A file written just now may be written again within the clock's step.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);
    private readonly string _path;
    private readonly Dictionary<string, Known> _known;
    private bool _changed;

    private sealed record Known(long Size, long Written, string Sha256);

    public InputDigests(string path)
    {
        _path = path;
        try
        {
            using FileStream stream = File.OpenRead(path);
            _known = JsonSerializer.Deserialize<Dictionary<string, Known>>(stream) ?? [];
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            _known = [];
        }
    }

    /// <summary>The hash of a file, or of the names and hashes of a folder's files.</summary>
    public string Of(string path, CancellationToken cancellation)
    {
        if (!Directory.Exists(path))
            return OfFile(path, cancellation);
        string[] files = [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(path, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];
        return ContentDigest.OfFiles([.. files.Select(file => Content(path, file, cancellation))]);
    }

    private ContentFile Content(string folder, string file, CancellationToken cancellation)
    {
        var info = new FileInfo(Path.Combine(folder, file));
        // Packages are full of links to files of other packages: one that leads nowhere is what it says.
        return info.LinkTarget is { } target && info.ResolveLinkTarget(returnFinalTarget: true) is not { Exists: true }
            ? new ContentFile(file, 0, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(target))))
            : new ContentFile(file, info.Length, OfFile(info.FullName, cancellation));
    }

    public void Save()
    {
        if (_changed)
            AtomicFile.Write(_path, stream => JsonSerializer.Serialize(stream, _known));
        _changed = false;
    }

    private string OfFile(string path, CancellationToken cancellation)
    {
        var info = new FileInfo(path);
        long size = info.Length, written = info.LastWriteTimeUtc.Ticks;
        if (_known.TryGetValue(path, out Known? known) && known.Size == size && known.Written == written)
            return known.Sha256;
        string hash = ContentDigest.OfFile(path, cancellation);
        if (DateTime.UtcNow - info.LastWriteTimeUtc > Settled)
        {
            _known[path] = new Known(size, written, hash);
            _changed = true;
        }
        return hash;
    }
}
