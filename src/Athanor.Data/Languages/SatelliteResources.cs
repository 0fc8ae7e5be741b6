using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Resources;

namespace Athanor.Data.Languages;

/// <summary>Strings of satellite assemblies of .NET: <c>de/Library.resources.dll</c>.</summary>
internal static class SatelliteResources
{
    /// <summary>All strings of a file; none where it is no such assembly.</summary>
    public static IReadOnlyList<string> Read(byte[] file)
    {
        var strings = new List<string>();
        try
        {
            using var assembly = new PEReader(new MemoryStream(file));
            if (!assembly.HasMetadata)
                return [];
            MetadataReader metadata = assembly.GetMetadataReader();
            PEMemoryBlock resources = assembly.GetSectionData(assembly.PEHeaders.CorHeader!.ResourcesDirectory.RelativeVirtualAddress);
            foreach (ManifestResource resource in metadata.ManifestResources.Select(metadata.GetManifestResource).Where(resource => resource.Implementation.IsNil))
            {
                BlobReader blob = resources.GetReader((int)resource.Offset, resources.Length - (int)resource.Offset);
                byte[] bytes = blob.ReadBytes(blob.ReadInt32());
                using var reader = new ResourceReader(new MemoryStream(bytes));
                Read(reader, strings);
            }
        }
        catch (Exception e) when (e is BadImageFormatException or ArgumentException or FormatException or IOException or InvalidOperationException)
        {
            // Some other kind of file: what was read of it so far is text all the same.
        }
        return strings;
    }

    private static void Read(ResourceReader reader, List<string> strings)
    {
        System.Collections.IDictionaryEnumerator names = reader.GetEnumerator();
        while (names.MoveNext())
        {
            reader.GetResourceData((string)names.Key, out string type, out byte[] data);
            if (type != "ResourceTypeCode.String")
                continue;
            using var text = new BinaryReader(new MemoryStream(data));
            strings.Add(text.ReadString());
        }
    }
}
