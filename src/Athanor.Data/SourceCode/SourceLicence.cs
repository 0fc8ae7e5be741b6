using System.Text.RegularExpressions;

namespace Athanor.Data.SourceCode;

/// <summary>Recognises the licence that the head of a file, or a licence file, grants, as an SPDX identifier.</summary>
internal static partial class SourceLicence
{
    private const int Head = 4096;
    private static readonly (string Phrase, string Licence)[] Phrases =
    [
        ("gnu affero general public license", "AGPL-3.0"), ("gnu lesser general public license", "LGPL"), ("gnu library general public license", "LGPL"), ("gnu general public license", "GPL"),
        ("licensed under the apache license, version 2.0", "Apache-2.0"), ("apache license version 2.0", "Apache-2.0"), ("mozilla public license, v. 2.0", "MPL-2.0"), ("mozilla public license version 2.0", "MPL-2.0"),
        ("permission is hereby granted, free of charge, to any person obtaining a copy", "MIT"), ("licensed under the mit license", "MIT"), ("under the mit license", "MIT"), ("mit license", "MIT"),
        ("permission to use, copy, modify, and/or distribute this software", "ISC"), ("neither the name of", "BSD-3-Clause"), ("redistribution and use in source and binary forms", "BSD-2-Clause"),
        ("boost software license", "BSL-1.0"), ("eclipse public license", "EPL"), ("creative commons zero", "CC0-1.0"), ("this is free and unencumbered software released into the public domain", "Unlicense"),
        ("all rights reserved. proprietary", "LicenseRef-Proprietary"), ("proprietary and confidential", "LicenseRef-Proprietary"),
    ];

    /// <summary>The licence that a text names in its first 4,096 characters, or null.</summary>
    public static string? Find(string text)
    {
        string head = text[..Math.Min(text.Length, Head)];
        if (Spdx().Match(head) is { Success: true } tag)
            return tag.Groups[1].Value.Trim();
        string plain = Fill().Replace(head, " ").ToLowerInvariant();
        foreach ((string phrase, string licence) in Phrases)
        {
            if (!plain.Contains(phrase, StringComparison.Ordinal))
                continue;
            return licence is "GPL" or "LGPL" && Version().Match(plain) is { Success: true } version ? $"{licence}-{version.Groups[1].Value}.{(version.Groups[2].Success ? version.Groups[2].Value : "0")}" : licence;
        }
        return null;
    }

    [GeneratedRegex(@"SPDX-License-Identifier:\s*([A-Za-z0-9.+\-() ]{2,80})", RegexOptions.None, 1000)]
    private static partial Regex Spdx();

    /// <summary>What comments put between the words of a licence.</summary>
    [GeneratedRegex(@"[\s*#/;!%-]+", RegexOptions.None, 1000)]
    private static partial Regex Fill();

    [GeneratedRegex(@"version ([23])(?:\.([01]))?", RegexOptions.None, 1000)]
    private static partial Regex Version();
}
