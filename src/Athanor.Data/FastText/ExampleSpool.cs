using Microsoft.Win32.SafeHandles;

namespace Athanor.Data.FastText;

/// <summary>Labelled texts in a file that training reads again and again in any order: memory holds 16 bytes an example.</summary>
internal sealed class ExampleSpool : IDisposable
{
    private readonly string _path;
    private readonly FileStream _stream;
    private readonly List<Place> _places = [];
    private byte[] _buffer = new byte[1 << 12];

    public ExampleSpool(string folder)
    {
        Directory.CreateDirectory(folder);
        _path = Path.Combine(folder, "examples.bin");
        _stream = new FileStream(_path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 20);
    }

    public int Count => _places.Count;

    private SafeFileHandle Handle => _stream.SafeFileHandle;

    public void Add(int label, ReadOnlySpan<byte> text)
    {
        _places.Add(new Place(_stream.Position, text.Length, label));
        _stream.Write(text);
    }

    public void Seal() => _stream.Flush();

    public ReadOnlySpan<byte> Read(int example, out int label)
    {
        Place place = _places[example];
        if (_buffer.Length < place.Length)
            _buffer = new byte[Math.Max(place.Length, Math.Min(Array.MaxLength, _buffer.Length * 2L))];
        Span<byte> text = _buffer.AsSpan(0, place.Length);
        for (int done = 0; done < text.Length;)
        {
            int some = RandomAccess.Read(Handle, text[done..], place.Offset + done);
            done += some > 0 ? some : throw new IOException($"{_path} became shorter while it was read.");
        }
        label = place.Label;
        return text;
    }

    public void Dispose()
    {
        _stream.Dispose();
        if (File.Exists(_path))
            File.Delete(_path);
    }

    private readonly record struct Place(long Offset, int Length, int Label);
}
