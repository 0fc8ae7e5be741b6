using System.Buffers;
using System.Collections.Frozen;

namespace Athanor.Data.Extraction;

/// <summary>What a stock phrase stands for.</summary>
internal enum Phrase : byte
{
    None,

    /// <summary>Says nothing about the subject: "Share this", "Advertisement".</summary>
    Idle,

    /// <summary>Heads links to other pages: "Read more".</summary>
    Related,
}

/// <summary>Knows short blocks that are the same on every page of a site: calls to share, captions of link lists, dates and credits that stand alone.</summary>
internal static class StockPhrases
{
    private const int Longest = 72, LongestAppeal = 260;

    private static readonly string[][] Invitations = ByLetter(
    [
        "read also", "read more", "read:", "also read", "see also", "see:", "related:", "more:", "watch:", "lesen sie", "lies auch", "mehr dazu", "mehr zum", "mehr:", "siehe auch", "auch interessant", "lire aussi", "lire:", "à lire", "voir aussi",
        "lea también", "lea más", "lea:", "leer también", "lee también", "lee más", "mira:", "mira también", "puedes ver", "te puede interesar", "ver también", "vea también", "sigue leyendo", "leggi anche", "leggi:", "czytaj", "zobacz", "przeczytaj", "dowiedz się", "lees ook", "leia também", "leia mais", "читайте", "weiterlesen", "zum weiterlesen",
    ]);

    private static readonly SearchValues<string> Appeals = SearchValues.Create(
    [
        "subscribe to our", "subscribe now", "subscribe here", "sign up for our", "sign up to our", "our newsletter", "follow us on", "like us on facebook", "join our", "download our app", "the latest stories and breaking news", "please subscribe", "become a member", "support our journalism", "affiliate link", "affiliate-link", "affiliate commission",
        "unseren newsletter", "unserem newsletter", "zum newsletter", "newsletter anmelden", "newsletter abonnieren", "folgen sie uns", "folge uns auf", "folgt uns auf", "jetzt abonnieren", "abonniere", "in den kommentaren", "enthält werbung", "enthält affiliate", "anzeige, enthält", "nur mit genehmigung",
        "síguenos en", "siguenos en", "síganos en", "suscríbete", "suscríbase", "únete a nuestro", "nuestro boletín", "nuestro canal de", "hazte miembro", "abonnez-vous", "inscrivez-vous", "suivez-nous", "iscriviti", "seguici su", "zapraszamy do subskrypcji", "zapisz się do", "zapisz się na",
        "all rights reserved", "alle rechte vorbehalten", "todos los derechos reservados", "tous droits réservés", "materiał chroniony prawem", "javascript is disabled", "enable javascript", "javascript aktivieren", "this post contains affiliate", "if you enjoyed reading this", "sie müssen sich einloggen", "um kommentare zu schreiben", "you must be logged in", "this site uses cookies", "we use cookies", "diese seite verwendet cookies",
    ], StringComparison.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, Phrase> Whole = Read();
    private static readonly FrozenDictionary<string, Phrase>.AlternateLookup<ReadOnlySpan<char>> ByText = Whole.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly FrozenSet<string> DateWords = (
        "jan january januar janvier enero gennaio january jän jänner feb february februar février febrero febbraio mar march märz mars marzo mär apr april avril abril aprile may mai mayo maggio jun june juni juin junio giugno " +
        "jul july juli juillet julio luglio aug august août agosto sep sept september septembre septiembre settembre oct october oktober okt octobre octubre ottobre nov november novembre noviembre dec december dezember dez " +
        "décembre diciembre dicembre stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia mon monday montag lundi lunes mo tue tuesday dienstag mardi martes di wed wednesday " +
        "mittwoch mercredi miércoles mi thu thursday donnerstag jeudi jueves do fri friday freitag vendredi viernes fr sat saturday samstag samedi sábado sa sun sunday sonntag dimanche domingo so uhr um am pm at on the of de " +
        "h utc gmt est edt cet cest st nd rd th del le vom den ago min mins minutes minuten hours stunden days tagen vor").Split(' ').ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> IsDateWord = DateWords.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly string[][] Leads = ByLetter(
    [
        "foto:", "fotos:", "photo:", "photos:", "photo credit", "image:", "image credit", "bild:", "bilder:", "bildquelle", "beitragsbild", "titelbild", "crédit", "crédits", "credit:", "credits:", "foto ©", "photo ©", "© ",
        "tags:", "tag:", "schlagwort", "schlagwörter", "keywords:", "filed under", "posted in", "posted on", "posted by", "published on", "published:", "published by", "publié le", "publié par", "veröffentlicht am", "veröffentlicht in", "veröffentlicht von",
        "erstellt am", "aktualisiert am", "zuletzt aktualisiert", "letzte änderung", "letzte aktualisierung", "last updated", "last modified", "updated:", "stand:", "kategorie:", "kategorien:", "categories:", "category:",
        "written by", "geschrieben von", "von:", "autor:", "author:", "auteur :", "autor ", "lesezeit", "reading time", "this entry was posted", "dieser beitrag wurde", "dieser eintrag wurde", "der beitrag wurde", "bookmark the permalink",
        "click here to", "quelle:", "quellen:", "source:", "sources:", "źródło:", "fuente:", "release date", "kontakt:", "externer inhalt", "abbildung:", "abbildung 1", "category :", "alle angaben ohne gewähr", "view all", "download pdf", "klicken sie hier", "share this", "share on", "teilen auf", "partager sur", "follow us", "folgen sie uns", "folge uns", "sign up for", "subscribe to", "copyright ©", "all rights reserved",
    ]);

    /// <summary>What a block is, if it is one.</summary>
    public static Phrase Find(ReadOnlySpan<char> block)
    {
        block = block.Trim(" \t\n:.,…!?»«>|·•-–—→*#[]()");
        if (block.Length > Longest)
            return Phrase.None;
        if (block.Length == 0)
            return Phrase.Idle;
        if (ByText.TryGetValue(block, out Phrase phrase))
            return phrase;
        if (Begins(block, Leads))
            return Phrase.Idle;
        return block.Length <= 48 && IsDate(block) ? Phrase.Idle : Phrase.None;
    }

    /// <summary>Whether a block that is mostly link invites to read something else: "Read also: …".</summary>
    public static bool Invites(ReadOnlySpan<char> block)
    {
        return Begins(block.TrimStart(" \t>»*•→-–(["), Invitations);
    }

    /// <summary>Whether a short paragraph asks the reader to do something for the site.</summary>
    public static bool Asks(ReadOnlySpan<char> block)
    {
        return block.Length <= LongestAppeal && block.ContainsAny(Appeals);
    }

    /// <summary>Whether a block begins with one of the words; those that begin with another letter are not looked at.</summary>
    private static bool Begins(ReadOnlySpan<char> block, string[][] byLetter)
    {
        if (block.IsEmpty)
            return false;
        foreach (string lead in byLetter[Letter(block[0])])
        {
            if (block.StartsWith(lead, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    private static string[][] ByLetter(string[] leads) => [.. Enumerable.Range(0, 128).Select(letter => leads.Where(lead => Letter(lead[0]) == letter).ToArray())];

    private static int Letter(char c) => c < 128 ? c | 0x20 : 0;

    /// <summary>Whether it holds digits and otherwise nothing but months, weekdays and signs.</summary>
    private static bool IsDate(ReadOnlySpan<char> block)
    {
        int numbers = 0, digits = 0, signs = 0, words = 0;
        for (int i = 0; i < block.Length;)
        {
            if (char.IsAsciiDigit(block[i]))
            {
                numbers++;
                while (i < block.Length && char.IsAsciiDigit(block[i]))
                    (i, digits) = (i + 1, digits + 1);
                continue;
            }
            if (char.IsLetter(block[i]))
            {
                int begin = i;
                while (i < block.Length && char.IsLetter(block[i]))
                    i++;
                if (!IsDateWord.Contains(block[begin..i]))
                    return false;
                words++;
                continue;
            }
            if (block[i] is '.' or '/' or ':' or '-')
                signs++;
            else if (block[i] is not (' ' or ',' or '|' or '(' or ')' or '–' or '\'' or '’'))
                return false;
            i++;
        }
        return numbers >= 2 && digits >= 3 && signs + words >= 1 || (numbers == 1 && words >= 1);
    }

    private static FrozenDictionary<string, Phrase> Read()
    {
        var phrases = new Dictionary<string, Phrase>(StringComparer.OrdinalIgnoreCase);
        foreach (string phrase in (string[])
        [
            "you might also like", "you may also like", "related", "related posts", "related articles", "related stories", "related news", "related coverage", "related content", "related links", "related topics", "more on this topic",
            "more on this story", "more from", "more stories", "more news", "read more", "read also", "read next", "see also", "recommended", "recommended for you", "recommended reading", "most read", "most popular", "popular posts", "popular articles",
            "latest news", "latest posts", "recent posts", "trending", "trending now", "up next", "further reading", "mehr zum thema", "mehr dazu", "mehr zu diesem thema", "mehr aus dem channel", "mehr aus der sendung", "mehr aus", "lesen sie auch", "lesen sie mehr", "lies auch",
            "auch interessant", "das könnte sie auch interessieren", "das könnte dich auch interessieren", "das könnte ihnen auch gefallen", "das könnte dir auch gefallen", "weitere artikel", "weitere themen", "weitere beiträge", "weitere informationen",
            "weitere nachrichten", "weitere meldungen", "weitere links", "weiterführende links", "weiterführender link", "weiterlesen", "verwandte beiträge", "verwandte artikel", "verwandte themen", "ähnliche beiträge", "ähnliche artikel", "ähnliche themen", "passende artikel", "meistgelesen", "neueste beiträge",
            "zum thema", "links zum thema", "mehr lesen", "mehr erfahren", "à lire aussi", "lire aussi", "lire la suite", "à lire également", "sur le même sujet", "articles similaires", "articles liés", "voir aussi", "en savoir plus", "le également", "plus d'informations",
            "lea también", "leer también", "leer más", "te puede interesar", "le puede interesar", "también te puede interesar", "artículos relacionados", "noticias relacionadas", "entradas relacionadas", "contenido relacionado", "relacionados", "más información", "ver también", "contexto de la noticia", "leggi anche", "articoli correlati", "potrebbe interessarti",
            "zobacz także", "zobacz też", "zobacz również", "czytaj także", "czytaj też", "czytaj więcej", "przeczytaj także", "polecamy", "powiązane artykuły", "lees ook", "lees meer", "gerelateerde artikelen", "leia também", "leia mais", "veja também", "читайте также", "相关阅读", "相关新闻", "関連記事",
        ])
            phrases[phrase] = Phrase.Related;
        foreach (string phrase in (string[])
        [
            "advertisement", "advertising", "advertisement - continue reading below", "anzeige", "werbung", "publicité", "publicidad", "pubblicità", "reklama", "reclame", "sponsored", "sponsored content", "gesponsert", "story continues below", "article continues below", "article continues after advertisement", "continue reading the main story",
            "share", "share this", "share this article", "share this post", "share this story", "share on facebook", "share on twitter", "tweet", "teilen", "teilen mit", "artikel teilen", "beitrag teilen", "diesen artikel teilen", "diesen beitrag teilen", "jetzt teilen", "möchten sie den artikel teilen", "den artikel mit anderen teilen/diskutieren", "partager", "partager cet article", "compartir", "compartir en", "compártelo", "condividi", "udostępnij", "podziel się", "delen", "compartilhar", "поделиться",
            "facebook", "twitter", "instagram", "pinterest", "whatsapp", "linkedin", "telegram", "e-mail", "email", "xing", "youtube", "reddit", "flipboard", "pocket", "print", "drucken", "imprimer", "imprimir", "pdf", "rss", "link kopieren", "copy link", "merken", "google+", "tumblr", "mail",
            "comment", "comments", "kommentare", "kommentar", "kommentieren", "no comments", "keine kommentare", "commentaires", "comentarios", "komentarze", "leave a reply", "leave a comment", "schreibe einen kommentar", "kommentar schreiben", "view comments", "laisser un commentaire", "kommentar hinterlassen", "0 comments", "add a comment", "show comments", "diskussion", "jetzt kommentieren", "zu den kommentaren", "kommentare anzeigen",
            "like this", "like loading", "wird geladen", "loading", "gefällt mir", "gefällt mir wird geladen", "bloggern gefällt das", "teile dies mit", "newsletter", "subscribe", "abonnieren", "subscribe now", "sign up", "log in", "login", "anmelden", "register", "registrieren", "follow", "folgen", "home", "startseite", "menu", "menü", "search", "suche", "back", "zurück", "next", "weiter", "previous", "back to top", "nach oben", "zurück zur übersicht", "zur übersicht", "zur startseite",
            "tags", "schlagworte", "schlagwörter", "stichworte", "themen", "topics", "categories", "kategorien", "etiquetas", "mots-clés", "labels", "about the author", "über den autor", "über die autorin", "zur person", "zum autor", "author", "autor", "cookies", "datenschutz", "impressum", "imprint", "privacy policy", "terms of use", "agb",
            "image", "images", "bild", "foto", "video", "photo", "bildergalerie", "galerie", "gallery", "fotostrecke", "zusatzinformationen", "quelle", "view more", "show more", "mehr anzeigen", "skip to content", "zum inhalt springen", "contents", "table of contents", "inhaltsverzeichnis", "inhalt", "permalink", "permalien", "copyright", "all rights reserved", "alle rechte vorbehalten",
            "image via", "bild via", "4 min read", "min read", "playlist", "hier klicken", "click here", "edit", "bearbeiten", "quelltext bearbeiten", "quote", "zitieren", "reply", "antworten", "report", "melden",
        ])
            phrases[phrase] = Phrase.Idle;
        return phrases.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }
}
