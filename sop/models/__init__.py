from sop.models.article import Article, ArticleEvent, ArticleSearch, ArticleVersion
from sop.models.use import ArticleUse

__all__ = ["Article", "ArticleEvent", "ArticleSearch", "ArticleUse", "ArticleVersion"]
